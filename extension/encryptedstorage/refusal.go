package encryptedstorage

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/keyfile"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// refusal gives an error that ends the start the form
// `<component>: extensions::<component>::<setting>: <reason>; <what to do>`:
// the collector's last line names neither the component nor its settings.
func (s *store) refusal(setting string, err error, advice string) error {
	if advice == "" {
		return fmt.Errorf("%s: extensions::%s::%s: %w", s.component, s.component, setting, err)
	}
	return fmt.Errorf("%s: extensions::%s::%s: %w; %s", s.component, s.component, setting, err, advice)
}

// directoryRefusal is a refusal over the directory. Errors that say themselves
// what to do pass as they are; those of the system do not.
func (s *store) directoryRefusal(err error) error {
	var no syscall.Errno
	if errors.As(err, &no) {
		return s.refusal("directory", err, "check that "+s.cfg.Directory+" is a directory that the collector's user can write, with room on its volume")
	}
	return s.refusal("directory", err, "")
}

// keysRefusal is a refusal over the key service.
func (s *store) keysRefusal(err error) error {
	setting, where := "keys::key_file::path", "the key file"
	switch {
	case s.cfg.Keys.AWSKMS.HasValue():
		setting, where = "keys::aws_kms", "key_arn"
	case s.cfg.Keys.KMSPlugin.HasValue():
		setting, where = "keys::kms_plugin", "endpoint"
	}
	file := s.cfg.Keys.KeyFile.HasValue()
	var advice string
	switch {
	case errors.Is(err, envelope.ErrUnknownKey):
		advice = "configure the key that wrapped the stored data beside the new one"
	case errors.Is(err, envelope.ErrBadCiphertext), errors.Is(err, sealedlog.ErrWrongKey):
		advice = "restore the key and the keys::context that wrote this directory"
	case errors.Is(err, envelope.ErrGone) && file:
		advice = "make a key with `sealctl spool keygen -o FILE`, or correct the path"
	case errors.Is(err, envelope.ErrGone):
		advice = "correct " + where
	case errors.Is(err, keyfile.ErrPermissions): // says itself what to do
	case errors.Is(err, envelope.ErrDenied) && file:
		advice = "give the file to the collector's user with mode 0600"
		if runtime.GOOS == "windows" {
			advice = "let the collector's user read the file"
		}
	case errors.Is(err, envelope.ErrDenied):
		advice = "grant the collector the use of the key with this encryption context"
	case errors.Is(err, envelope.ErrDisabled):
		advice = "enable the key in the key service"
	case envelope.Retryable(err) && file:
		advice = "check the volume that holds the file"
	case envelope.Retryable(err):
		advice = "check that the key service can be reached, or raise keys::startup_timeout"
	default:
		advice = "correct " + where
	}
	return s.refusal(setting, err, advice)
}

// clientRefusal is a refusal to open the storage of one component.
func (s *store) clientRefusal(client string, err error) error {
	wrapped := fmt.Errorf("storage of %s in %s: %w", client, s.cfg.Directory, err)
	for _, class := range []error{
		sealedlog.ErrWrongKey, envelope.ErrUnknownKey, envelope.ErrBadCiphertext, envelope.ErrGone,
		envelope.ErrDenied, envelope.ErrDisabled, envelope.ErrTransient, envelope.ErrThrottled, envelope.ErrInvalid,
	} {
		if errors.Is(err, class) {
			return s.keysRefusal(wrapped)
		}
	}
	return s.directoryRefusal(wrapped)
}
