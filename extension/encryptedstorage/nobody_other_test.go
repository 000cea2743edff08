//go:build !linux

package encryptedstorage

import "testing"

func asNobody(t *testing.T) { t.Skip("root writes everywhere; run it as another user") }
