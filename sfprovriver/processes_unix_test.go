//go:build unix

package sfprovriver_test

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// unprivileged is the account that Postgres runs as, which owns dir.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, _ := strconv.ParseUint(account.Uid, 10, 32)
	gid, _ := strconv.ParseUint(account.Gid, 10, 32)
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}
