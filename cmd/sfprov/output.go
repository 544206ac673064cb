package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"
)

// output writes what a command was asked for to standard output: the value as JSON
// if --json was given, else what text writes.
func output(cmd *cli.Command, value any, text func(io.Writer) error) error {
	out := cmd.Root().Writer
	if !cmd.Bool("json") {
		return text(out)
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// progress tells on standard error what a command is doing. What can't be told is
// lost: it is no reason to stop.
func progress(cmd *cli.Command, format string, args ...any) {
	_, _ = fmt.Fprintf(cmd.Root().ErrWriter, format+"\n", args...)
}
