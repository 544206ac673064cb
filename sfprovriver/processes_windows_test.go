package sfprovriver_test

import (
	"errors"
	"syscall"
)

// Worker processes are killed on other systems.
func isChild() bool { return false }
func child() int    { return 0 }

func unprivileged(string) (*syscall.SysProcAttr, error) { return nil, errors.ErrUnsupported }
