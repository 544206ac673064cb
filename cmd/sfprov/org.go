package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov/sfprovtest"
)

// maxUsers is how many users can be seeded: more than any licence allows.
const maxUsers = 100_000

func orgCommand() *cli.Command {
	return &cli.Command{
		Name:  "org",
		Usage: "serve an org in memory to any client, until it is interrupted",
		Description: "Standard output gets the settings that a client needs, as lines for a shell, or as an\n" +
			"object with --json, once the org answers. On SIGINT or SIGTERM, all is gone.\n\n" +
			"A fault is NAME[@[METHOD:]PATH][=HOW], where HOW is the share of the requests that are\n" +
			"struck, such as 0.05, or a number of them, such as 3x:\n" +
			"locked-row=0.05, lost-answer@POST:/sobjects/User=1x. Their names: " + faultNames() + ".\n\n" +
			"See docs/org-in-memory.md.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:0", Usage: "`HOST:PORT` to listen on; port 0 is a free one"},
			&cli.IntFlag{Name: "users", Usage: "how many made-up users there are", Validator: upTo(maxUsers)},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "the same seed makes the same users and the same faults"},
			&cli.BoolFlag{Name: "tls", Usage: "serve https"},
			&cli.StringFlag{Name: "ca", Usage: "with --tls, `FILE` for the certificate to trust; a temporary one without"},
			&cli.StringFlag{Name: "key", Usage: "`FILE` for the private key of the JWT bearer grant"},
			&cli.StringSliceFlag{Name: "fault", Usage: "a `FAULT` that requests meet, see above; can be repeated"},
			&cli.FloatFlag{Name: "turmoil", Usage: "`SHARE` of the requests that meet any fault, such as 0.1", Validator: share},
			&cli.StringFlag{Name: "control", Usage: "`HOST:PORT` of the control endpoint; none without"},
			&cli.BoolFlag{Name: "allow-remote", Usage: "let --listen and --control be addresses that other machines reach"},
		},
		Action: serveOrg,
	}
}

func upTo(most int) func(int) error {
	return func(n int) error {
		if n < 0 || n > most {
			return fmt.Errorf("is not from 0 to %d", most)
		}
		return nil
	}
}

func share(p float64) error {
	if p >= 0 && p <= 1 {
		return nil
	}
	return errors.New("is not from 0 to 1")
}

// serveOrg is the command org.
func serveOrg(ctx context.Context, cmd *cli.Command) error {
	rules, err := checkOrgFlags(ctx, cmd)
	if err != nil {
		return err
	}
	options := []sfprovtest.Option{sfprovtest.WithAddress(cmd.String("listen"))}
	if cmd.Bool("tls") {
		options = append(options, sfprovtest.WithTLS())
	}
	org, err := sfprovtest.NewStandaloneOrg(options...) //nolint:contextcheck // Close ends it
	if err != nil {
		return err
	}
	defer org.Close()
	org.KeepControl(sfprovtest.On("", "", sfprovtest.ServerUnavailable())) // for who can't wait
	seedOrg(org, cmd.Int("users"), cmd.Uint64("seed"))
	org.ClearControls()
	org.SetFaultPlan(sfprovtest.Turmoil(cmd.Uint64("seed"), cmd.Float("turmoil")))
	faults := &standingFaults{org: org, seed: cmd.Uint64("seed")}
	for _, rule := range rules {
		faults.add(rule)
	}
	return serveUntilDone(ctx, cmd, org, faults)
}

// checkOrgFlags refuses flags that make no sense, and returns the rules of the faults.
func checkOrgFlags(ctx context.Context, cmd *cli.Command) ([]faultRule, error) {
	var rules []faultRule
	for _, text := range cmd.StringSlice("fault") {
		rule, err := parseFault(text)
		if err != nil {
			return nil, usageError{err}
		}
		rules = append(rules, rule)
	}
	if cmd.IsSet("ca") && !cmd.Bool("tls") {
		return nil, usagef("--ca is for the certificate of --tls, which is not given")
	}
	for _, flag := range []string{"listen", "control"} {
		if flag == "control" && !cmd.IsSet(flag) {
			continue
		}
		if err := checkListen(ctx, cmd, flag, cmd.String(flag), cmd.Bool("allow-remote")); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

// serveUntilDone tells of the org, and returns when ctx ends. What it has written is
// gone then.
func serveUntilDone(ctx context.Context, cmd *cli.Command, org *sfprovtest.Org, faults *standingFaults) (err error) {
	settings := settingsOf(org)
	remove := func(path string) {
		if gone := os.Remove(path); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	if pem := org.CertificatePEM(); pem != nil {
		if settings.CAFile, err = writeNew(cmd.String("ca"), "sfprov-org-*.pem", pem); err != nil {
			return err
		}
		defer remove(settings.CAFile)
	}
	if cmd.IsSet("key") {
		if settings.PrivateKeyFile, err = writeNew(cmd.String("key"), "", []byte(org.Config().PrivateKey)); err != nil {
			return err
		}
		defer remove(settings.PrivateKeyFile)
	}
	if cmd.IsSet("control") {
		control, err := startControl(ctx, cmd.String("control"), org, faults)
		if err != nil {
			return err
		}
		defer control.close()
		settings.Control = control.url
	}
	if err := output(cmd, settings, settings.writeTo); err != nil {
		return err
	}
	progress(cmd, "sfprov: an org with %d users is at %s; interrupt it to end it", len(org.Users()), org.URL())
	<-ctx.Done()
	progress(cmd, "sfprov: the org is gone")
	return nil
}

// writeNew writes a file that is not there yet, and that only this user reads: at a
// path, or without one at a temporary one of that pattern. It returns the path from
// the root.
func writeNew(path, pattern string, content []byte) (string, error) {
	var file *os.File
	var err error
	if path == "" {
		file, err = os.CreateTemp("", pattern)
	} else if path, err = filepath.Abs(path); err == nil {
		file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // where the user wants it
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return "", fmt.Errorf("%s is there already, and is not written over: remove it, or name another file", path)
	case err != nil:
		return "", err
	}
	if _, err = file.Write(content); err != nil {
		return "", errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	if err = file.Close(); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}
