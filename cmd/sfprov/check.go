package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov"
)

// checkCommand looks at everything that provisioning needs.
func checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "look at all that provisioning needs of the org and its set-up, and say what is wrong",
		Description: "It logs in once and sends five requests at most; nothing is changed. It exits with 3 if\n" +
			"something has to be mended; warnings are no failure. docs/checks.md has all findings.",
		ArgValidator: checkArguments,
		Flags: append(connectFlags(),
			&cli.StringFlag{Name: "mapping", Usage: "the JSON `FILE` of mapping rules: what they name is looked for, too"},
			&cli.BoolFlag{Name: "quick", Usage: "log in and read once, as a readiness probe does"},
			&cli.StringSliceFlag{Name: "only", Usage: "tell this finding alone, by its `ID`; can be repeated"},
		),
		Action: func(ctx context.Context, cmd *cli.Command) error { return check(ctx, cmd) },
	}
}

func check(ctx context.Context, cmd *cli.Command) error {
	var opts []sfprov.CheckOption
	if name := cmd.String("mapping"); name != "" {
		mapping, err := loadMapping(name)
		if err != nil {
			return usageError{err}
		}
		opts = append(opts, sfprov.WithMapping(&mapping))
	}
	if cmd.Bool("quick") {
		opts = append(opts, sfprov.WithQuickCheck())
	}
	p, err := connect(cmd)
	if err != nil {
		return err
	}
	report, err := p.Check(ctx, opts...)
	if err != nil {
		return err
	}
	if err := only(report, cmd.StringSlice("only")); err != nil {
		return err
	}
	if err := output(cmd, report, func(w io.Writer) error {
		_, err := fmt.Fprint(w, report)
		return err
	}); err != nil {
		return err
	}
	if !report.OK() {
		return foundError{"the org is not ready"}
	}
	return nil
}

// only leaves some findings of a report.
func only(report *sfprov.Report, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	for _, id := range ids {
		if !slices.ContainsFunc(report.Findings, func(f sfprov.Finding) bool { return f.ID == id }) {
			return usagef("there is no finding %q in this check", id)
		}
	}
	report.Findings = slices.DeleteFunc(report.Findings, func(f sfprov.Finding) bool { return !slices.Contains(ids, f.ID) })
	return nil
}
