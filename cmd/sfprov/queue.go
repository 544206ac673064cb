package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov/sfprovriver"
)

func queueFlag() cli.Flag {
	return &cli.StringFlag{Name: "queue", Usage: "the SQLite `FILE` of the queue, or the URL of a Postgres (SFPROV_QUEUE); sfprov-queue.db without"}
}

// queueAt is where the queue is: a file, or a URL.
func queueAt(cmd *cli.Command) (string, error) {
	fromVariable, err := secretOf(os.Getenv, queueVariable)
	return cmp.Or(cmd.String("queue"), fromVariable, "sfprov-queue.db"), err
}

func isPostgres(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// openQueue opens the queue that the flag names.
func openQueue(ctx context.Context, cmd *cli.Command, log *slog.Logger) (q *sfprovriver.Queue, shut func() error, err error) {
	where, err := queueAt(cmd)
	if err != nil {
		return nil, nil, usageError{err}
	}
	var db *sql.DB
	kind := sfprovriver.SQLite
	if isPostgres(where) {
		kind = sfprovriver.Postgres
		db, err = sfprovriver.OpenPostgres(where)
	} else {
		db, err = sfprovriver.OpenSQLite(where)
	}
	if err != nil {
		return nil, nil, err
	}
	if q, err = sfprovriver.New(ctx, db, kind, sfprovriver.WithLogger(log)); err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	return q, db.Close, nil
}

// queueCommand looks at the queue of serve.
func queueCommand() *cli.Command {
	return &cli.Command{
		Name:         "queue",
		Usage:        "look at the events of serve, and let those go on that wait for a person",
		ArgValidator: checkArguments,
		Commands: []*cli.Command{
			{
				Name: "list", Usage: "list events: those that wait and those that are dead, unless flags say otherwise", ArgValidator: checkArguments,
				Flags: []cli.Flag{
					queueFlag(),
					&cli.StringSliceFlag{Name: "state", Usage: "only events in this `STATE`: waiting, done, dead or merged; can be repeated"},
					&cli.StringFlag{Name: "user", Usage: "all events of one user, by the `ID` at the source"},
					&cli.IntFlag{Name: "limit", Value: 100, Usage: "how many at most", Validator: upTo(10_000)},
					&cli.Int64Flag{Name: "after", Usage: "those after this `SEQ`, for the next page"},
				},
				Action: withQueue(listEvents),
			},
			{
				Name: "show", Usage: "tell all that is known of an event", ArgsUsage: "EVENT", Flags: []cli.Flag{queueFlag()}, Action: withQueue(showEvent),
			},
			{
				Name: "retry", Usage: "let dead events be worked on again", ArgsUsage: "EVENT...", Flags: []cli.Flag{queueFlag()}, Action: withQueue(retryEvents),
			},
			{
				Name: "resume", Usage: "let a queue go on that was paused because the set-up was at fault", Flags: []cli.Flag{queueFlag()}, ArgValidator: checkArguments, Action: withQueue(resumeQueue),
			},
		},
	}
}

// withQueue opens the queue for a command.
func withQueue(do func(context.Context, *cli.Command, *sfprovriver.Queue) error) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		where, err := queueAt(cmd)
		if err != nil {
			return usageError{err}
		}
		if _, err := os.Stat(where); err != nil && !isPostgres(where) {
			return usageError{fmt.Errorf("there is no queue, which serve makes: give --queue, or %s: %w", queueVariable, err)}
		}
		q, shut, err := openQueue(ctx, cmd, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		if err := do(ctx, cmd, q); err != nil {
			_ = shut()
			return err
		}
		return shut()
	}
}

func listEvents(ctx context.Context, cmd *cli.Command, q *sfprovriver.Queue) error {
	f := sfprovriver.Filter{User: cmd.String("user"), After: cmd.Int64("after"), Limit: cmd.Int("limit")}
	for _, state := range cmd.StringSlice("state") {
		switch s := sfprovriver.State(state); s {
		case sfprovriver.Waiting, sfprovriver.Done, sfprovriver.Dead, sfprovriver.Merged:
			f.State = append(f.State, s)
		default:
			return usagef("--state is %q, and it is one of waiting, done, dead and merged", state)
		}
	}
	if len(f.State) == 0 && f.User == "" {
		f.State = []sfprovriver.State{sfprovriver.Waiting, sfprovriver.Dead}
	}
	records, err := q.Events(ctx, f)
	if err != nil {
		return err
	}
	stats, err := q.Stats(ctx)
	if err != nil {
		return err
	}
	if err := output(cmd, records, func(w io.Writer) error { return writeEvents(w, records) }); err != nil {
		return err
	}
	progress(cmd, "%d wait, %d are dead", stats.Waiting, stats.Dead)
	if stats.Paused {
		progress(cmd, "the queue is paused; once it is mended, sfprov queue resume lets it go on: %s", plain(stats.PausedFor))
	}
	return nil
}

func writeEvents(w io.Writer, records []sfprovriver.Record) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "SEQ\tEVENT\tUSER\tSTATE\tTRIED\tCAME\tREASON") // Flush tells of errors
	for _, r := range records {
		reason := r.Reason
		if r.MergedInto != "" {
			reason = "see " + r.MergedInto
		}
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", r.Seq, plain(r.ID), plain(r.User), r.State, r.Attempts, r.CameAt.Format(time.RFC3339), plain(reason))
	}
	return table.Flush()
}

func showEvent(ctx context.Context, cmd *cli.Command, q *sfprovriver.Queue) error {
	if cmd.Args().Len() != 1 {
		return usagef("queue show takes one event, and was given %d", cmd.Args().Len())
	}
	records, err := q.Events(ctx, sfprovriver.Filter{ID: cmd.Args().First()})
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return fmt.Errorf("there is no event %q; queue list --state done and so on lists those that there are", cmd.Args().First())
	}
	r := records[0]
	return output(cmd, r, func(w io.Writer) error {
		table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
		line := func(name, value string) {
			if value != "" {
				_, _ = fmt.Fprintf(table, "%s\t%s\n", name, plain(value)) // Flush tells of errors
			}
		}
		line("event", r.ID)
		line("user", r.User)
		line("state", string(r.State))
		line("merged into", r.MergedInto)
		line("came", r.CameAt.Format(time.RFC3339))
		if !r.EndedAt.IsZero() {
			line("ended", r.EndedAt.Format(time.RFC3339))
		}
		line("tried", fmt.Sprint(r.Attempts))
		line("worker", r.Worker)
		if r.Result != nil {
			line("account", strings.TrimSpace(r.Result.ID+" "+r.Result.Username))
			line("action", string(r.Result.Action))
			for _, c := range r.Result.Changes {
				line("changed", fmt.Sprintf("%s: %v -> %v", c.Field, c.Before, c.After))
			}
		}
		line("reason", r.Reason)
		line("error", r.Error)
		return table.Flush()
	})
}

func retryEvents(ctx context.Context, cmd *cli.Command, q *sfprovriver.Queue) error {
	ids := cmd.Args().Slice()
	if len(ids) == 0 {
		return usagef("queue retry takes the events, as queue list --state dead names them")
	}
	n, err := q.Retry(ctx, ids...)
	if err != nil {
		return err
	}
	progress(cmd, "%d of %d wait to be worked on again", n, len(ids))
	if n < len(ids) {
		return fmt.Errorf("%d are not dead, or not there", len(ids)-n)
	}
	return nil
}

func resumeQueue(ctx context.Context, cmd *cli.Command, q *sfprovriver.Queue) error {
	if err := q.Resume(ctx); err != nil {
		return err
	}
	progress(cmd, "the queue goes on")
	return nil
}
