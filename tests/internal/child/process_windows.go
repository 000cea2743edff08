package child

import (
	"os"
	"syscall"
)

func attributes() *syscall.SysProcAttr { return nil }

// Windows delivers no SIGTERM: a stop is a kill there.
var terminate = os.Kill
