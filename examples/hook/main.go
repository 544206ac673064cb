// Hook is a small HTTP service that receives the provisioning events of an
// identity service as JSON and provisions the users into Salesforce.
//
//	go run ./examples/hook
//	curl -d '{"op":"create","username":"alice","fields":{"LastName":"Jones","Email":"alice@hook.example"}}' localhost:8080/events
//
// It uses an in-memory Salesforce org, or a real one if SALESFORCE_DOMAIN,
// SALESFORCE_CLIENT_ID, SALESFORCE_CLIENT_SECRET and SALESFORCE_PROFILE_ID are
// set. ADDR is where it listens, "localhost:8080" if unset. It runs until it is
// interrupted, and finishes the events in hand before it stops.
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
	"github.com/sfprov/sfprov/sfprovtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing to give back when the process ends
	}
}

func run(ctx context.Context) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	cfg, done, err := config(log) //nolint:contextcheck // the org outlives ctx, which only says when to stop
	if err != nil {
		return err
	}
	defer done()
	p, err := sfprov.New(cfg, sfprov.WithLogger(log))
	if err != nil {
		return err
	}
	addr := os.Getenv("ADDR")
	if addr == "" {
		addr = "localhost:8080"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	log.LogAttrs(ctx, slog.LevelInfo, "listening", slog.String("addr", listener.Addr().String()))
	return serve(ctx, listener, newHandler(p, log))
}

// serve serves until ctx ends, then waits for the events in hand.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// The events in hand get their time although ctx has ended.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// config is that of the org to use: the real one that the environment names, or
// one in memory.
func config(log *slog.Logger) (cfg sfprov.Config, done func(), err error) {
	done = func() {}
	if domain := os.Getenv("SALESFORCE_DOMAIN"); domain != "" {
		cfg = sfprov.Config{
			Domain:       domain,
			ClientID:     os.Getenv("SALESFORCE_CLIENT_ID"),
			ClientSecret: sfprov.Secret(os.Getenv("SALESFORCE_CLIENT_SECRET")),
			Defaults: sfprov.Fields{
				"ProfileId": os.Getenv("SALESFORCE_PROFILE_ID"), "TimeZoneSidKey": "America/Los_Angeles",
				"LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
			},
		}
	} else {
		log.Info("using an in-memory org; set SALESFORCE_DOMAIN and its companions to use a real one")
		org, err := sfprovtest.NewStandaloneOrg()
		if err != nil {
			return sfprov.Config{}, nil, err
		}
		cfg, done = org.Config(), org.Close
	}
	cfg.ProvisioningDomain = "hook.example"
	cfg.MatchField = "FederationIdentifier"
	return cfg, done, nil
}
