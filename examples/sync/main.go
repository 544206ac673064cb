// Sync brings Salesforce to what a file of users says: it shows a plan, asks, applies
// it, and reports.
//
//	go run .                                          # users.csv, into an org in memory
//	go run . -users people.jsonl -mapping mine.json   # your own files
//
// It uses a real org if SALESFORCE_DOMAIN, SALESFORCE_CLIENT_ID,
// SALESFORCE_CLIENT_SECRET and SALESFORCE_PROFILE_ID are set. Users of the
// provisioning domain who are not in the file are deactivated, within bounds.
package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/sfprov/sfprov"
)

//go:embed users.csv
var sampleUsers []byte

//go:embed mapping.json
var sampleMapping []byte

// options are the command line.
type options struct {
	users, mapping   string
	domain           string
	yes, dryRun      bool
	maxDeactivations int
}

func main() {
	var o options
	flag.StringVar(&o.users, "users", "", "file of users, .csv or .jsonl; a sample if empty")
	flag.StringVar(&o.mapping, "mapping", "", "JSON file of mapping rules; a sample if empty")
	flag.StringVar(&o.domain, "domain", "acme.com", "provisioning domain: usernames end in it")
	flag.BoolVar(&o.yes, "yes", false, "apply the plan without asking")
	flag.BoolVar(&o.dryRun, "dry-run", false, "show the plan only")
	flag.IntVar(&o.maxDeactivations, "max-deactivations", 0, "how many users may be deactivated; 0 is five or 10 %, whichever is more")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing to give back when the process ends
	}
}

func run(ctx context.Context, o options, in io.Reader, out io.Writer) error {
	mapping, err := loadMapping(o.mapping)
	if err != nil {
		return err
	}
	name, file, err := openUsers(o.users)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()   // it was only read
	target, err := connect(o.domain, out) //nolint:contextcheck // the org outlives ctx, which only says when to stop
	if err != nil {
		return err
	}
	defer target.close()
	p := target.p

	plan, err := p.Plan(ctx, users(read(name, file), mapping), sfprov.Scope{MaxDeactivations: o.maxDeactivations})
	if plan != nil {
		_, _ = fmt.Fprint(out, plan)
	}
	switch {
	case err != nil:
		return err
	case len(plan.Steps) == 0:
		_, _ = fmt.Fprintln(out, "Nothing to do.")
		return nil
	case o.dryRun:
		return nil
	}
	if !o.yes && !confirmed(in, out, target.inMemory) {
		return errors.New("the plan was not applied")
	}
	return apply(ctx, p, plan, out)
}

// apply applies the plan and reports. What to do about a step that failed, NextStep says.
func apply(ctx context.Context, p *sfprov.Provisioner, plan *sfprov.Plan, out io.Writer) error {
	show, every := meter(len(plan.Steps), out)
	counts := map[string]int{}
	var failed []sfprov.Outcome
	summary, err := p.Apply(ctx, plan, func(o sfprov.Outcome) error {
		if o.State == sfprov.OutcomeDone {
			counts[string(o.Result.Action)]++
			return nil
		}
		counts[string(o.State)]++
		failed = append(failed, o)
		return nil // an error here would end the run
	}, sfprov.WithProgress(every, show))
	_, _ = fmt.Fprintf(out, "Done: %v, by %d API calls in %v\n", counts, summary.APICalls, summary.Took.Round(time.Millisecond))
	for _, o := range failed {
		step, _ := sfprov.NextStep(o.Err)
		_, _ = fmt.Fprintf(out, "%s: %s, next step %q: %v\n", plan.Steps[o.Index].Username, o.State, step, o.Err)
	}
	switch step, wait := sfprov.NextStep(err); step {
	case sfprov.StepDone:
		return nil
	case sfprov.StepSetup:
		return fmt.Errorf("stopped, since everybody would meet this; mend it, and run it again: %w", err)
	case sfprov.StepAgain, sfprov.StepResolve:
		return fmt.Errorf("run it again, in %v at the earliest: %d of %d steps are done: %w", wait, summary.Done, len(plan.Steps), err)
	case sfprov.StepUser:
	}
	return fmt.Errorf("%d of %d steps are done; look at the others: %w", summary.Done, len(plan.Steps), err)
}

// meter shows progress: a bar on a terminal, lines elsewhere.
func meter(total int, out io.Writer) (show func(sfprov.Progress), every time.Duration) {
	if file, isFile := out.(*os.File); isFile && term.IsTerminal(int(file.Fd())) {
		bar := progressbar.NewOptions(total, progressbar.OptionSetWriter(file), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
		return func(p sfprov.Progress) { _ = bar.Set(p.Done) }, 100 * time.Millisecond // a bar that can't be drawn is no failure
	}
	return func(p sfprov.Progress) {
		_, _ = fmt.Fprintf(out, "%d of %d, %.0f a second, %d API calls, %v left\n", p.Done, p.Total, p.Rate, p.APICalls, p.Left.Round(time.Second))
	}, 10 * time.Second
}

// confirmed asks. Where nobody is there to answer, only an org in memory is changed.
func confirmed(in io.Reader, out io.Writer, inMemory bool) bool {
	if file, isFile := in.(*os.File); !isFile || !term.IsTerminal(int(file.Fd())) {
		return inMemory
	}
	_, _ = fmt.Fprint(out, "Apply? [y/N] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	return err == nil && strings.EqualFold(strings.TrimSpace(answer), "y")
}

func loadMapping(name string) (sfprov.Mapping, error) {
	data := sampleMapping
	if name != "" {
		var err error
		if data, err = os.ReadFile(name); err != nil { //nolint:gosec // the file that the user names
			return sfprov.Mapping{}, err
		}
	}
	return sfprov.ParseMapping(data)
}

func openUsers(name string) (string, io.ReadCloser, error) {
	if name == "" {
		return "users.csv", io.NopCloser(bytes.NewReader(sampleUsers)), nil
	}
	file, err := os.Open(name) //nolint:gosec // the file that the user names
	return name, file, err
}
