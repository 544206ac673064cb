package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovriver"
)

const (
	// The secrets of the service are in the environment, or in the file that the same name
	// with _FILE names.
	serveTokenVariable  = "SFPROV_SERVE_TOKEN"  //nolint:gosec // the name of a variable
	sourceTokenVariable = "SFPROV_SOURCE_TOKEN" //nolint:gosec // the name of a variable
	queueVariable       = "SFPROV_QUEUE"
	// leastToken is the shortest token that is taken, in bytes.
	leastToken = 16
)

// serveCommand is the whole as one service.
func serveCommand() *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "take events of users, and bring each user in step with the source, until it is interrupted",
		Description: "POST /changed with {\"user\": \"ID\", \"id\": \"EVENT\"} and the bearer token of SFPROV_SERVE_TOKEN\n" +
			"says that something changed about a user. The event is stored; the user is read at the\n" +
			"source, and ensured. GET /healthz, /readyz and /metrics are for who operates it.\n\n" +
			"Secrets are in the environment: SFPROV_SERVE_TOKEN, SFPROV_SOURCE_TOKEN for the bearer token\n" +
			"of the source, SFPROV_QUEUE for the URL of a Postgres; each with _FILE for a file that holds it.\n\n" +
			"See docs/serve.md.",
		ArgValidator: checkArguments,
		Flags: append(connectFlags(),
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8080", Usage: "`HOST:PORT` to listen on"},
			&cli.StringFlag{Name: "tls-cert", Usage: "serve https, with the certificate in `FILE`"},
			&cli.StringFlag{Name: "tls-key", Usage: "the key of --tls-cert, in `FILE`"},
			&cli.StringFlag{Name: "source", Usage: "where users are read: a `URL` with {id} that answers with the user as JSON, or a file as plan takes it"},
			&cli.StringFlag{Name: "source-list", Usage: "the `URL` that answers with all users, as JSON Lines or an array, for --reconcile"},
			&cli.StringFlag{Name: "source-format", Value: "flat", Usage: "the `FORMAT` of the JSON of --source: flat, with username and claims, or scim"},
			&cli.StringFlag{Name: "mapping", Usage: "the JSON `FILE` of mapping rules; without it, the standard claims of OpenID Connect and SCIM"},
			queueFlag(),
			&cli.IntFlag{Name: "workers", Value: 200, Usage: "how many users are worked on at the same time", Validator: upTo(400)},
			&cli.DurationFlag{Name: "reconcile", Usage: "compare all users with the org each `TIME`, such as 24h; never without it"},
			&cli.StringFlag{Name: "suffix", Usage: "when reconciling, deactivate users whose usernames end in `TEXT` and who are not at the source; without it, \"@\" and the provisioning domain"},
			&cli.BoolFlag{Name: "keep-absent", Usage: "when reconciling, deactivate nobody for not being at the source"},
			&cli.IntFlag{Name: "max-deactivations", Usage: "how many users a reconciliation may deactivate; 0 is five or 10 %, whichever is more"},
			&cli.DurationFlag{Name: "retention", Value: 90 * 24 * time.Hour, Usage: "how long the trail of what was done is kept; 0 is for ever"},
		),
		Action: serveChanges,
	}
}

// service is what serve runs.
type service struct {
	p     *sfprov.Provisioner
	queue *sfprovriver.Queue
	src   sfprov.Source
	token string
	log   *slog.Logger
	ready readiness
	meter *metrics
}

func serveChanges(ctx context.Context, cmd *cli.Command) (err error) {
	s := &service{log: slog.New(slog.NewJSONHandler(cmd.Root().ErrWriter, nil))}
	if err := s.readFlags(cmd); err != nil {
		return usageError{err}
	}
	if s.meter, err = newMetrics(); err != nil { //nolint:contextcheck // it only makes instruments
		return err
	}
	if s.p, err = connect(cmd, sfprov.WithLogger(s.log), sfprov.WithTrace(s.meter.trace), sfprov.WithRetry(sfprov.RetryPolicy{})); err != nil {
		return err
	}
	if s.p.MatchField() == "" {
		return usagef("serve needs a match field, by which each user's account is found again: give --match-field, or SALESFORCE_MATCH_FIELD")
	}
	if s.src, err = newSource(cmd, s.p.MatchField(), os.Getenv); err != nil {
		return usageError{err}
	}
	queue, shut, err := openQueue(ctx, cmd, s.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shut()) }()
	s.queue = queue
	s.ready = readiness{p: s.p, queue: queue}
	if err := s.meter.watch(queue); err != nil {
		return err
	}
	return s.run(ctx, cmd)
}

// readFlags reads what is of the service itself.
func (s *service) readFlags(cmd *cli.Command) error {
	var problems []error
	var err error
	if s.token, err = serveTokenOf(os.Getenv); err != nil {
		problems = append(problems, err)
	}
	if cmd.IsSet("tls-cert") != cmd.IsSet("tls-key") {
		problems = append(problems, errors.New("--tls-cert and --tls-key are given together, or not at all"))
	}
	if _, _, err := net.SplitHostPort(cmd.String("listen")); err != nil {
		problems = append(problems, fmt.Errorf("--listen wants a host and a port, such as 127.0.0.1:8080, and not %q", cmd.String("listen")))
	}
	if every := cmd.Duration("reconcile"); cmd.IsSet("reconcile") && every < time.Minute {
		problems = append(problems, fmt.Errorf("--reconcile is %v; a minute is the least", every))
	}
	return errors.Join(problems...)
}

// serveTokenOf is the token that callers show.
func serveTokenOf(getenv func(string) string) (string, error) {
	token, err := secretOf(getenv, serveTokenVariable)
	if err == nil && len(token) < leastToken {
		err = fmt.Errorf("%s is missing or has less than %d characters; it is what callers of /changed show, such as %s",
			serveTokenVariable, leastToken, rand.Text())
	}
	return token, err
}

// secretOf is a secret of the environment, or of a file that the environment names.
func secretOf(getenv func(string) string, variable string) (string, error) {
	value := getenv(variable)
	if name := getenv(variable + "_FILE"); value == "" && name != "" {
		text, err := os.ReadFile(name) //nolint:gosec // the caller's own file
		if err != nil {
			return "", fmt.Errorf("%s_FILE: %w", variable, err)
		}
		value = string(text)
	}
	return strings.TrimSpace(value), nil
}

// run serves, and works on the queue, until ctx ends or one of the two fails.
func (s *service) run(ctx context.Context, cmd *cli.Command) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cmd.String("listen"))
	if err != nil {
		return err
	}
	scheme := "http"
	if cmd.IsSet("tls-cert") {
		scheme = "https"
	}
	if loopback, err := isLoopback(ctx, hostOf(listener)); scheme == "http" && (err != nil || !loopback) {
		s.log.WarnContext(ctx, "the token of callers comes in plain text: put something before it that ends TLS, or give --tls-cert")
	}
	server := &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	progress(cmd, "serving on %s://%s", scheme, listener.Addr())
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	var queueErr error
	work.Go(func() {
		defer stop()
		queueErr = s.queue.Run(ctx, s.p, s.src, s.runOptions(cmd)...)
	})
	shut := make(chan struct{})
	context.AfterFunc(ctx, func() { //nolint:contextcheck // it has ended
		defer close(shut)
		ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(ending) // what did not end by then is cut off by the end of the process
	})
	if scheme == "https" {
		err = server.ServeTLS(listener, cmd.String("tls-cert"), cmd.String("tls-key"))
	} else {
		err = server.Serve(listener)
	}
	stop()
	<-shut // requests under way have their answers
	work.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, queueErr, s.p.Close(closing))
}

func hostOf(listener net.Listener) string {
	host, _, _ := net.SplitHostPort(listener.Addr().String()) // as net wrote it
	return host
}

// runOptions are those of the queue.
func (s *service) runOptions(cmd *cli.Command) []sfprovriver.RunOption {
	opts := []sfprovriver.RunOption{
		sfprovriver.WithWorkers(cmd.Int("workers")), sfprovriver.WithRetention(cmd.Duration("retention")), sfprovriver.WithEnded(s.meter.ended),
	}
	if !cmd.IsSet("reconcile") {
		return opts
	}
	scope := sfprov.Scope{UsernameSuffix: cmd.String("suffix"), KeepAbsent: cmd.Bool("keep-absent"), MaxDeactivations: cmd.Int("max-deactivations")}
	return append(opts, sfprovriver.WithFollowing(sfprov.WithReconcileScope(scope)), sfprovriver.WithReconcile(cmd.Duration("reconcile"), s.reconciled))
}

// reconciled tells of a reconciliation. Why it was not done is for a person: a source that
// fails, or too many deactivations.
func (s *service) reconciled(plan *sfprov.Plan, summary sfprov.Summary, err error) {
	attrs := []any{slog.Int("changed", summary.Changed), slog.Int("refused", summary.Refused), slog.Int("notSent", summary.NotSent), slog.Int("apiCalls", summary.APICalls)}
	if plan != nil {
		attrs = append(attrs, slog.Int("steps", len(plan.Steps)))
	}
	if err != nil {
		step, _ := sfprov.NextStep(err)
		s.log.Error("the reconciliation is not complete; sfprov plan shows, with names, what is in the way", append(attrs,
			slog.String("reason", sfprov.Reason(err)), slog.String("nextStep", string(step)))...)
		return
	}
	s.log.Info("reconciled", attrs...)
}
