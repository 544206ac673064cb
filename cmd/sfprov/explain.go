package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov"
)

// explainCommand says what an error code of Salesforce's means.
func explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say what an error of Salesforce's means, and what to do; asks no org",
		ArgsUsage: "CODE [MESSAGE] | -",
		Description: "CODE is an errorCode of the REST API, such as DUPLICATE_USERNAME, or an error of the token\n" +
			"endpoint, such as invalid_grant; the message helps where several things have one code. With -,\n" +
			"a log line, an answer or an error text is read from standard input, and the code found in it.",
		Flags: []cli.Flag{&cli.StringFlag{
			Name: "grant-type", Sources: cli.EnvVars("SALESFORCE_GRANT_TYPE"), Value: string(sfprov.GrantClientCredentials),
			Usage: "the `GRANT` of the login that was refused: some errors mean something else with each",
		}},
		Action: func(_ context.Context, cmd *cli.Command) error { return explain(cmd) },
	}
}

// explanation is what is said of an error.
type explanation struct {
	Code    string      `json:"code"`
	Message string      `json:"message,omitempty"`
	Text    string      `json:"explanation"`
	Next    sfprov.Step `json:"next"`
	Wait    string      `json:"wait,omitempty"`
}

// codes find an error code in a text: in capitals of the data API, after a mark of the token
// endpoint.
var (
	dataCode  = regexp.MustCompile(`\b[A-Z][A-Z]+(?:_[A-Z]+)+\b`)
	tokenCode = regexp.MustCompile(`\b(?:Bad_OAuth_Token|(?:invalid|unsupported|inactive|unknown|rate|app)_[a-z_]+)\b`)
	statusOf  = regexp.MustCompile(`\b[45]\d\d\b`)
)

func explain(cmd *cli.Command) error {
	args := cmd.Args().Slice()
	if len(args) == 0 || len(args) > 2 {
		return usagef("explain takes a code and perhaps a message, or - for standard input")
	}
	code, message := args[0], ""
	if len(args) == 2 {
		message = args[1]
	}
	if code == "-" {
		const most = 1 << 20
		text, err := io.ReadAll(io.LimitReader(cmd.Root().Reader, most))
		if err != nil {
			return err
		}
		code, message = findCode(string(text))
	}
	if code == "" {
		return fmt.Errorf("there is no error code of Salesforce's in it, such as DUPLICATE_USERNAME or invalid_grant")
	}
	said := explained(code, message, sfprov.GrantType(cmd.String("grant-type")))
	return output(cmd, said, func(w io.Writer) error {
		text := said.Text
		if text == "" {
			text = "Nothing is known about this code beside what Salesforce says."
		}
		next := map[sfprov.Step]string{
			sfprov.StepAgain:   "the same call again" + said.Wait,
			sfprov.StepResolve: "find out what became of it: Provisioner.Resolve",
			sfprov.StepUser:    "a person must look at this user; others are not concerned",
			sfprov.StepSetup:   "a person must look at the set-up: every other call meets the same",
		}[said.Next]
		_, err := fmt.Fprintf(w, "%s\n  %s\n  next: %s (%s)\n", plain(said.Code), text, said.Next, next)
		return err
	})
}

// explained is what the library says of an error code.
func explained(code, message string, grant sfprov.GrantType) explanation {
	var err error
	if upper := strings.ToUpper(code); sfprov.Explain(&sfprov.APIError{Op: "call", StatusCode: 400, Code: upper}) != "" {
		code = upper // a newcomer need not know which are written in capitals
	}
	if code != strings.ToUpper(code) {
		err = &sfprov.AuthError{GrantType: grant, StatusCode: 400, Code: code, Description: message}
	} else {
		err = &sfprov.APIError{Op: "call", StatusCode: statusIn(message), Code: code, Message: message}
	}
	next, wait := sfprov.NextStep(err)
	said := explanation{Code: code, Message: message, Text: sfprov.Explain(err), Next: next}
	if wait > 0 {
		said.Wait = ", in " + wait.Round(time.Second).String()
	}
	return said
}

// statusIn is the HTTP status that a text tells, or the usual one.
func statusIn(text string) int {
	var status int
	if _, err := fmt.Sscan(statusOf.FindString(text), &status); err != nil {
		return 400
	}
	return status
}

// findCode finds the error code in an answer, a log line or an error text.
func findCode(text string) (code, message string) {
	type refusal struct{ ErrorCode, StatusCode, Message string }
	var answers []struct {
		refusal

		Errors []refusal // of a row of a collection
	}
	if json.Unmarshal([]byte(text), &answers) == nil {
		for _, answer := range answers {
			for _, r := range append([]refusal{answer.refusal}, answer.Errors...) {
				if code := r.ErrorCode + r.StatusCode; code != "" {
					return code, r.Message
				}
			}
		}
	}
	var refused struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal([]byte(text), &refused) == nil && refused.Error != "" {
		return refused.Error, refused.Description
	}
	// A log line has other words in capitals, so one that is known goes first.
	for _, pattern := range []*regexp.Regexp{dataCode, tokenCode} {
		for _, at := range pattern.FindAllStringIndex(text, -1) {
			said := strings.TrimLeft(text[at[1]:], ": ")
			if found := text[at[0]:at[1]]; code == "" || explained(found, said, "").Text != "" && explained(code, message, "").Text == "" {
				code, message = found, said
			}
		}
	}
	return code, message
}
