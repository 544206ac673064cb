package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v3"
	"golang.org/x/term"

	"github.com/sfprov/sfprov"
)

// planCommand shows what would be done to bring the org to what a file says.
func planCommand() *cli.Command {
	return &cli.Command{
		Name:      "plan",
		Usage:     "show what it takes to bring the org's users to what a file says, and change nothing",
		ArgsUsage: "FILE",
		Description: "FILE has a user in each line: CSV with the names of the claims in the first line, or JSON\n" +
			"Lines. The column username is the login name; the mapping says what the others become.\n" +
			"The plan goes to standard output, or as JSON to --out, where apply takes it. If a problem of\n" +
			"a user's stands in the way, it exits with 1, and the plan has the others.",
		Flags: append(connectFlags(),
			&cli.StringFlag{Name: "mapping", Usage: "the JSON `FILE` of mapping rules; without it, the standard claims of OpenID Connect and SCIM"},
			&cli.StringFlag{Name: "out", Usage: "write the plan as JSON to `FILE`"},
			&cli.StringFlag{Name: "suffix", Usage: "deactivate users whose usernames end in `TEXT` and who are not in the file; without it, \"@\" and the provisioning domain"},
			&cli.BoolFlag{Name: "keep-absent", Usage: "deactivate nobody for not being in the file"},
			&cli.IntFlag{Name: "max-deactivations", Usage: "how many users may be deactivated; 0 is five or 10 %, whichever is more"},
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit with 3 if there is something to do"},
		),
		Action: func(ctx context.Context, cmd *cli.Command) error { return makePlan(ctx, cmd) },
	}
}

func makePlan(ctx context.Context, cmd *cli.Command) error {
	if cmd.Args().Len() != 1 {
		return usagef("plan takes one file of users, and was given %d", cmd.Args().Len())
	}
	name := cmd.Args().First()
	mapping, err := loadMapping(cmd.String("mapping"))
	if err != nil {
		return usageError{err}
	}
	file, err := os.Open(name) //nolint:gosec // the caller's own file
	if err != nil {
		return usageError{err}
	}
	defer func() { _ = file.Close() }() // it was only read
	p, err := connect(cmd)
	if err != nil {
		return err
	}
	scope := sfprov.Scope{UsernameSuffix: cmd.String("suffix"), KeepAbsent: cmd.Bool("keep-absent"), MaxDeactivations: cmd.Int("max-deactivations")}
	plan, planErr := p.Plan(ctx, users(read(name, file), mapping), scope)
	if plan != nil {
		if err := writePlan(cmd, plan); err != nil {
			return err
		}
	}
	if planErr != nil {
		return planErr
	}
	if n := problems(plan); n > 0 {
		return fmt.Errorf("nothing can be done for %d of %d users: mend their problems in the file, the mapping or the org; a plan in a file holds the others", n, len(plan.Steps))
	}
	if len(plan.Steps) > 0 && cmd.Bool("detailed-exitcode") {
		return foundError{fmt.Sprintf("%d users are not as the file says", len(plan.Steps))}
	}
	return nil
}

// problems is how many users of a plan nothing can be done for.
func problems(plan *sfprov.Plan) int {
	n := 0
	for _, step := range plan.Steps {
		if step.Problem != "" {
			n++
		}
	}
	return n
}

// writePlan writes a plan to be read, and to --out to be applied.
func writePlan(cmd *cli.Command, plan *sfprov.Plan) error {
	if name := cmd.String("out"); name != "" {
		text, err := json.MarshalIndent(plan, "", "  ")
		if err == nil {
			err = os.WriteFile(name, append(text, '\n'), 0o600)
		}
		if err != nil {
			return err
		}
		progress(cmd, "the plan is in %s; sfprov apply %[1]s carries it out", name)
	}
	return output(cmd, plan, func(w io.Writer) error {
		_, err := fmt.Fprint(w, plan)
		return err
	})
}

func loadMapping(name string) (sfprov.Mapping, error) {
	if name == "" {
		return sfprov.StandardMapping(), nil
	}
	text, err := os.ReadFile(name) //nolint:gosec // the caller's own file
	if err != nil {
		return sfprov.Mapping{}, err
	}
	mapping, err := sfprov.ParseMapping(text)
	if err != nil {
		return sfprov.Mapping{}, fmt.Errorf("%s: %w", name, err)
	}
	return mapping, nil
}

// applyCommand carries out a plan.
func applyCommand() *cli.Command {
	return &cli.Command{
		Name:      "apply",
		Usage:     "carry out a plan that plan --out has written",
		ArgsUsage: "PLAN",
		Description: "Each step is taken only if the user is still as the plan saw it. Who could not be done is\n" +
			"told, with what to do; then it exits with 1. With --json, a line for each user.",
		Flags:  append(connectFlags(), &cli.BoolFlag{Name: "yes", Usage: "don't ask whether to begin"}),
		Action: func(ctx context.Context, cmd *cli.Command) error { return applyPlan(ctx, cmd) },
	}
}

func applyPlan(ctx context.Context, cmd *cli.Command) error {
	if cmd.Args().Len() != 1 {
		return usagef("apply takes one plan, and was given %d", cmd.Args().Len())
	}
	name := cmd.Args().First()
	text, err := os.ReadFile(name) //nolint:gosec // the caller's own file
	if err != nil {
		return usageError{err}
	}
	var plan sfprov.Plan
	if err := json.Unmarshal(text, &plan); err != nil {
		return usageError{fmt.Errorf("%s: %w", name, err)}
	}
	if plan.MadeAt.IsZero() {
		return usagef("%s is no plan of plan --out: it does not say when it was made", name)
	}
	p, err := connect(cmd)
	if err != nil {
		return err
	}
	if len(plan.Steps) == 0 {
		progress(cmd, "there is nothing to do")
		return nil
	}
	if err := confirmPlan(cmd, &plan); err != nil {
		return err
	}
	show, every := meter(cmd, len(plan.Steps))
	failed := 0
	summary, err := p.Apply(ctx, &plan, func(o sfprov.Outcome) error {
		if o.State != sfprov.OutcomeDone {
			failed++
		}
		return tellOutcome(cmd, plan.Steps[o.Index].Username, o)
	}, sfprov.WithProgress(every, show))
	progress(cmd, "%d of %d users are done, by %d API calls in %v", summary.Done, len(plan.Steps), summary.APICalls, summary.Took.Round(time.Millisecond))
	switch step, wait := sfprov.NextStep(err); step {
	case sfprov.StepDone:
		return nil
	case sfprov.StepSetup:
		return fmt.Errorf("stopped, since everybody would meet this; mend it, and run plan and apply again: %w", err)
	case sfprov.StepAgain, sfprov.StepResolve:
		return fmt.Errorf("run plan and apply again, in %v at the earliest: %w", wait.Round(time.Second), err)
	case sfprov.StepUser:
	}
	return fmt.Errorf("look at the users who are not done: %w", err)
}

// confirmPlan asks, where somebody is there to answer; else it wants --yes.
func confirmPlan(cmd *cli.Command, plan *sfprov.Plan) error {
	if cmd.Bool("yes") {
		return nil
	}
	file, isFile := cmd.Root().Reader.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return usagef("nothing was done: without a terminal to ask at, apply wants --yes")
	}
	progress(cmd, "%s\nApply? (yes/no)", plan)
	answer, err := bufio.NewReader(file).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(answer) != "yes" {
		return usagef("nothing was done: the answer was no yes")
	}
	return nil
}

// told is what is written of a user with --json.
type told struct {
	Username string         `json:"username"`
	State    string         `json:"state"`
	Result   *sfprov.Result `json:"result,omitempty"`
	Error    string         `json:"error,omitempty"`
	Next     sfprov.Step    `json:"next"`
}

func tellOutcome(cmd *cli.Command, username string, o sfprov.Outcome) error {
	next, _ := sfprov.NextStep(o.Err)
	line := told{Username: username, State: string(o.State), Next: next}
	if o.Err != nil {
		line.Error = o.Err.Error()
	} else {
		line.Result = &o.Result
	}
	if cmd.Bool("json") {
		encoder := json.NewEncoder(cmd.Root().Writer)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(line)
	}
	if o.Err != nil {
		_, err := fmt.Fprintf(cmd.Root().Writer, "%s: %s, next step %q: %s\n", plain(username), line.State, line.Next, plain(line.Error))
		return err
	}
	return nil
}
