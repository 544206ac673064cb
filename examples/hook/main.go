// Hook is an HTTP service that receives the provisioning events of an identity service
// as JSON, and brings its users into Salesforce. README.md has what it answers, and how
// it fits behind a queue. To try it, with an org in memory:
//
//	LOOPBACK_ONLY=true go run ./examples/hook
//	curl -d '{"op":"create","username":"alice","fields":{"LastName":"Jones",
//		"Email":"alice@hook.example","FederationIdentifier":"E-4711"}}' localhost:8080/events
//
// These variables set it up:
//
//	HOOK_TOKEN                what callers send as "Authorization: Bearer ...", 32 characters at least
//	LOOPBACK_ONLY             "true" serves without a token, on loopback only
//	ADDR                      where it listens; localhost:8080 if unset
//	SALESFORCE_DOMAIN         https://acme.my.salesforce.com; an org in memory if unset
//	SALESFORCE_CLIENT_ID      consumer key; this and the rest go with a domain
//	SALESFORCE_CLIENT_SECRET  consumer secret
//	SALESFORCE_PROFILE_ID     ID of the profile that new users get, 00e...
//	PROVISIONING_DOMAIN       what usernames end in: acme.com makes alice@acme.com of alice
//	STATE_DIR                 where creates are remembered that nobody knows the outcome of
//
// It runs until it is interrupted, and finishes the events in hand before it stops.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sfprov/sfprov"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing to give back when the process ends
	}
}

func run(ctx context.Context, getenv func(string) string) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	set, err := readSettings(getenv)
	if err != nil {
		return err
	}
	cfg, dir, done, err := set.org(log) //nolint:contextcheck // the org outlives ctx, which only says when to stop
	if err != nil {
		return err
	}
	defer done()
	p, err := sfprov.New(cfg, sfprov.WithLogger(log))
	if err != nil {
		return err
	}
	mem, err := openMemory(dir)
	if err != nil {
		return err
	}
	defer mem.close()
	listener, err := listen(ctx, set)
	if err != nil {
		return err
	}
	log.LogAttrs(ctx, slog.LevelInfo, "listening", slog.String("addr", listener.Addr().String()))
	err = serve(ctx, listener, newHandler(&hook{p: p, mem: mem, log: log}, set.token), log)
	// Calls that Shutdown has left under way are broken off, and say what is known.
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return errors.Join(err, p.Close(closing))
}

// listen listens where it may: without a token, strangers must not get in.
func listen(ctx context.Context, set settings) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", set.addr)
	if err != nil {
		return nil, fmt.Errorf("ADDR: %w", err)
	}
	if at, isTCP := listener.Addr().(*net.TCPAddr); set.token == "" && (!isTCP || !at.IP.IsLoopback()) {
		return nil, errors.Join(
			fmt.Errorf("ADDR is %q, which others can reach; set HOOK_TOKEN, or listen on localhost", set.addr),
			listener.Close())
	}
	return listener, nil
}

// The times of a request. What is sent to Salesforce has time to come to its end, and
// 30 seconds, which is what Kubernetes gives a process that is to stop, cover it all.
const (
	readTimeout  = 10 * time.Second
	eventTimeout = 20 * time.Second
	grace        = eventTimeout + 5*time.Second
)

// serve serves until ctx ends, then waits for the events in hand.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + eventTimeout + readTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// The events in hand get their time although ctx has ended.
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return errors.Join(err, server.Close())
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
