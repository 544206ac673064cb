package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v3"
)

// What the process exits with. They are part of what scripts rely on.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2 // nothing was tried: the command line makes no sense
	exitFound  = 3 // a check worked, and found what it looks for
)

// commands are all that there are. Each has a file of its own, writes its data by
// output and what it is doing by progress, and returns an error: a usage error, a
// found one, or any other for a failure.
func commands() []*cli.Command {
	return []*cli.Command{
		checkCommand(),
		usersCommand(),
		catalogCommand(),
		schemaCommand(),
		planCommand(),
		applyCommand(),
		explainCommand(),
		setupCommand(),
		serveCommand(),
		queueCommand(),
		orgCommand(),
		probeCommand(),
		versionCommand(),
	}
}

// run is the whole program, but for what belongs to the process: it returns what to
// exit with. The end of ctx is a wish to stop.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := &cli.Command{
		Name:           "sfprov",
		Usage:          "provision users into Salesforce, and try it without an org",
		Version:        buildVersion(),
		Reader:         stdin,
		Writer:         stdout,
		ErrWriter:      stderr,
		Flags:          []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "write JSON to standard output"}},
		Commands:       commands(),
		ArgValidator:   checkArguments,
		OnUsageError:   func(_ context.Context, _ *cli.Command, err error, _ bool) error { return usageError{err} },
		ExitErrHandler: func(context.Context, *cli.Command, error) {}, // the process exits in main only

		EnableShellCompletion:     true,
		DisableSliceFlagSeparator: true,
	}
	for _, command := range root.Commands {
		inheritUsageError(command, root.OnUsageError)
	}
	return exitCode(root.Run(ctx, args), stderr)
}

// inheritUsageError gives a command and those below it what cli does not pass down.
func inheritUsageError(command *cli.Command, handle cli.OnUsageErrorFunc) {
	command.OnUsageError = handle
	for _, below := range command.Commands {
		inheritUsageError(below, handle)
	}
}

// checkArguments refuses arguments where a command says by its ArgsUsage that it
// takes none: they are a command that is misspelt, or a flag without its dashes.
func checkArguments(_ context.Context, cmd *cli.Command) error {
	switch {
	case !cmd.Args().Present() || cmd.ArgsUsage != "":
		return nil
	case len(cmd.VisibleCommands()) > 0:
		return usagef("%s has no command %q", cmd.FullName(), cmd.Args().First())
	}
	return usagef("%s takes no arguments, and was given %q", cmd.FullName(), cmd.Args().First())
}

// usageError is a command line that makes no sense.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }

func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// foundError is the end of a check that worked, and found what it looks for: what
// that is was written already, and the error says how many there are.
type foundError struct{ summary string }

func (e foundError) Error() string { return e.summary }

// exitCode tells of an error, if there is one, and what the process exits with.
func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return exitFine
	}
	code, hint := exitFailed, ""
	var exit cli.ExitCoder
	switch {
	case errors.As(err, new(foundError)):
		code = exitFound
	case errors.As(err, new(usageError)), errors.As(err, &exit): // cli's own are about usage
		code, hint = exitUsage, "\nsfprov --help, and sfprov COMMAND --help, tell what there is."
	}
	text := strings.TrimPrefix(err.Error(), "sfprov: ")      // the library's begin so, too
	_, _ = fmt.Fprintf(stderr, "sfprov: %s%s\n", text, hint) // there is no other place to tell
	return code
}
