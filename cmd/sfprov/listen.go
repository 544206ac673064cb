package main

import (
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/urfave/cli/v3"
)

// checkListen refuses an address that is none, and one that others than this machine
// reach unless allowed says so; then it warns.
func checkListen(ctx context.Context, cmd *cli.Command, flag, address string, allowed bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return usagef("--%s wants a host and a port, such as 127.0.0.1:8080, and not %q", flag, address)
	}
	loopback, err := isLoopback(ctx, host)
	if err != nil {
		return fmt.Errorf("--%s %s: %w", flag, address, err)
	}
	if loopback {
		return nil
	}
	if !allowed {
		return usagef("--%s %s can be reached from other machines, and the credentials of the org are no secret; "+
			"listen on 127.0.0.1, or say --allow-remote", flag, address)
	}
	progress(cmd, "warning: %s can be reached from other machines, and the credentials of the org are no secret: "+
		"put nothing real into it", address)
	return nil
}

// isLoopback reports whether a host, by all its addresses, is this machine alone.
func isLoopback(ctx context.Context, host string) (bool, error) {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback(), nil
	}
	if host == "" { // every address
		return false, nil
	}
	addresses, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(addresses, func(a net.IPAddr) bool { return !a.IP.IsLoopback() }), nil
}
