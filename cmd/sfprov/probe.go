package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov/cmd/sfprov/internal/probe"
)

// probeCommand asks an org what Salesforce doesn't document.
func probeCommand() *cli.Command {
	return &cli.Command{
		Name:  "probe",
		Usage: "ask an org harmless questions, and report its answers without secrets or personal data",
		Description: "The org and the login are read from SALESFORCE_DOMAIN, SALESFORCE_CLIENT_ID,\n" +
			"SALESFORCE_CLIENT_SECRET and their companions; docs/probes.md tells more.",
		ArgValidator: checkArguments,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "write", Usage: "create a user too, change, freeze, deactivate and rename it; it stays behind, inactive"},
			&cli.BoolFlag{Name: "yes", Usage: "with --write: don't ask whether to begin"},
			&cli.StringFlag{Name: "out", Usage: "write the report to `FILE`, not to standard output"},
			&cli.BoolFlag{Name: "text", Usage: "write the report to be read, not as JSON"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error { return runProbes(ctx, cmd, os.Getenv) },
		Commands: []*cli.Command{
			{
				Name: "list", Usage: "list the probes and the doubts that they settle", ArgValidator: checkArguments,
				Action: func(_ context.Context, cmd *cli.Command) error { return listProbes(cmd) },
			},
			{
				Name: "compare", Usage: "show where two reports differ; exits with 3 if they do", ArgsUsage: "A B",
				Action: func(_ context.Context, cmd *cli.Command) error { return compareReports(cmd) },
			},
		},
	}
}

func runProbes(ctx context.Context, cmd *cli.Command, getenv func(string) string) error {
	write := cmd.Bool("write")
	set, err := probe.FromEnvironment(ctx, getenv, write)
	if err != nil {
		return usageError{err}
	}
	progress(cmd, "At most %s.", probe.AtMost(write))
	if write && !cmd.Bool("yes") {
		if err := confirm(cmd); err != nil {
			return err
		}
	}
	out, done, err := reportFile(cmd) // before anything is asked
	if err != nil {
		return err
	}
	report, runErr := probe.Run(ctx, set, probe.Options{
		Write:    write,
		Progress: func(at, all int, name string) { progress(cmd, "%d of %d: %s", at+1, all, name) },
		Say:      func(format string, args ...any) { progress(cmd, format, args...) },
	})
	if report.Format == 0 {
		_ = done() // there is nothing in it
		return runErr
	}
	progress(cmd, "It took %s.", report.Cost)
	if cmd.Bool("text") && !cmd.Bool("json") {
		err = report.WriteText(out)
	} else {
		err = report.WriteJSON(out)
	}
	if closeErr := done(); err == nil {
		err = closeErr
	}
	if runErr != nil {
		return runErr
	}
	return err
}

// confirm asks whether to create a user.
func confirm(cmd *cli.Command) error {
	progress(cmd, "A user is created, changed, frozen, deactivated and renamed. It takes a licence meanwhile, and\n"+
		"stays behind, inactive: Salesforce deletes no users. Its addresses are at example.com, where nobody\n"+
		"reads what Salesforce mails there. Go on? (yes/no)")
	answer, err := bufio.NewReader(cmd.Root().Reader).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(answer) != "yes" {
		return usagef("nothing was asked: --write wants a yes, or --yes")
	}
	return nil
}

// reportFile is where the report goes.
func reportFile(cmd *cli.Command) (io.Writer, func() error, error) {
	name := cmd.String("out")
	if name == "" {
		return cmd.Root().Writer, func() error { return nil }, nil
	}
	file, err := os.Create(name) //nolint:gosec // the caller's own file
	if err != nil {
		return nil, nil, err
	}
	return file, file.Close, nil
}

func listProbes(cmd *cli.Command) error {
	probes := probe.Probes()
	return output(cmd, probes, func(w io.Writer) error {
		for _, p := range probes {
			asked := p.Request()
			if p.NotAsked != "" {
				asked = "not asked: " + p.NotAsked
			}
			if _, err := fmt.Fprintf(w, "%d %s\n    %s\n    %s\n", p.Number, p.Name, p.Doubt, asked); err != nil {
				return err
			}
		}
		return nil
	})
}

func compareReports(cmd *cli.Command) error {
	if cmd.Args().Len() != 2 {
		return usagef("probe compare takes two reports, and was given %d", cmd.Args().Len())
	}
	var reports [2]probe.Report
	for i, name := range cmd.Args().Slice() {
		data, err := os.ReadFile(name) //nolint:gosec // the caller's own file
		if err != nil {
			return err
		}
		if reports[i], err = probe.ReadReport(data); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	found := probe.Compare(reports[0], reports[1])
	if err := output(cmd, append([]probe.Difference{}, found...), func(w io.Writer) error { return probe.WriteDifferences(w, found) }); err != nil {
		return err
	}
	if len(found) > 0 {
		return foundError{fmt.Sprintf("%d differences", len(found))}
	}
	return nil
}
