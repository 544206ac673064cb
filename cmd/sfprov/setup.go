package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov"
)

// setupFiles are the metadata of an app and a permission set, as Salesforce's command line
// deploys them, by their paths below force-app/main/default.
//
//go:embed setupfiles
var setupFiles embed.FS

// setupCommand says what to do in Salesforce's Setup.
func setupCommand() *cli.Command {
	return &cli.Command{
		Name:  "setup",
		Usage: "say step by step what to set up in Salesforce, with this org's values",
		Description: "With --watch it checks after each step, until the org is ready. With --metadata it writes\n" +
			"the same as files for Salesforce's command line, which nobody has tried on a real org yet.",
		ArgValidator: checkArguments,
		Flags: append(connectFlags(),
			&cli.StringFlag{Name: "metadata", Usage: "write the files of a project for Salesforce's command line into the folder `DIR`"},
			&cli.StringFlag{Name: "contact", Usage: "the `ADDRESS` that the app's metadata names as its contact"},
			&cli.StringFlag{Name: "mapping", Usage: "with --watch: the JSON `FILE` of mapping rules, whose names are checked, too"},
			&cli.BoolFlag{Name: "watch", Usage: "check again and again, and tell the step that comes next, until all are done"},
			&cli.DurationFlag{Name: "every", Value: 10 * time.Second, Usage: "with --watch: how long to wait between checks, each of which costs up to five API calls"},
		),
		Action: func(ctx context.Context, cmd *cli.Command) error { return setUp(ctx, cmd) },
	}
}

// setupStep is something to do in Setup.
type setupStep struct {
	Title string `json:"title"`
	Where string `json:"where"` // the page in Setup
	Do    string `json:"do"`
	// shownBy are the findings of a check that are failures as long as it is not done.
	shownBy []string
}

// setupSteps are the steps for these settings.
func setupSteps(c sfprov.Config) []setupStep {
	or := func(value, otherwise string) string {
		if value == "" {
			return otherwise
		}
		return value
	}
	login := setupStep{
		"The app lets the integration user in", "External Client App Manager, the app, Policies, Edit",
		"Under OAuth Policies: Enable Client Credentials Flow, and " + or(c.Username, "the integration user's username") + " as Run As. It takes up to ten minutes.",
		[]string{"login"},
	}
	if c.GrantType == sfprov.GrantJWTBearer {
		login.Do = "Enable JWT Bearer Flow in the app's OAuth settings, and upload the certificate of the key. In Policies: Admin approved users are pre-authorized, " +
			"and the permission set. It takes up to ten minutes."
		login.shownBy = append(login.shownBy, "jwt-key")
	}
	return []setupStep{
		{"My Domain is known", "My Domain", "Domain is the URL that ends in .my.salesforce.com; it is " + or(c.Domain, "not set yet: give it as SALESFORCE_DOMAIN") + ".", []string{"host", "clock", "api-version"}},
		{"There is an app", "External Client App Manager, New External Client App", "Distribution state Local; Enable OAuth; any callback URL, such as https://login.salesforce.com/services/oauth2/success; " +
			"scope Manage user data via APIs (api), and no other; its consumer key is ClientID, which is " + or(c.ClientID, "not set yet: give it as SALESFORCE_CLIENT_ID") + ".", []string{"scopes", "right-org"}},
		login,
		{"The integration user has a licence", "Users, New User", "Licence Salesforce Integration, profile Minimum Access - API Only Integrations; then, on its page, Permission Set License Assignments: Salesforce API Integration.", []string{"integration-user", "integration-license"}},
		{"The integration user has the rights", "Permission Sets, New", "Label sfprov, License --None--. System Permissions: API Enabled, Manage Users, Password Never Expires, or the smaller set of docs/permissions.md. " +
			"Then Manage Assignments: the integration user.", []string{"api-access", "manage-internal-users", "view-setup", "view-all-users", "assign-permission-sets", "view-roles", "groups"}},
		{"The fields can be seen and written", "Permission Sets, sfprov, Object Settings, Users, Edit", "Edit access to each field that is sent" + matchedBy(c.MatchField) + ".", []string{"fields", "match-field", "match-field-duplicates", "picklists", "lengths"}},
		{"There are profiles with free seats", "Profiles", "Name one in Access.Profile or in the mapping, or its ID in Defaults.", []string{"profiles", "profile-seats", "mapping-access"}},
	}
}

func matchedBy(field string) string {
	if field == "" {
		return "; set a MatchField, too, such as FederationIdentifier, or no account is ever found again"
	}
	return ", and to the match field, " + field
}

func setUp(ctx context.Context, cmd *cli.Command) error {
	s, err := readSettings(cmd, os.Getenv)
	if err != nil {
		return usageError{err}
	}
	if dir := cmd.String("metadata"); dir != "" {
		return writeMetadata(cmd, dir, s.config)
	}
	steps := setupSteps(s.config)
	if cmd.Bool("watch") {
		return watchSetup(ctx, cmd, steps)
	}
	return output(cmd, steps, func(w io.Writer) error {
		for i, step := range steps {
			if _, err := fmt.Fprintf(w, "%d. %s\n   Setup: %s\n   %s\n", i+1, step.Title, step.Where, step.Do); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintln(w, "\nsfprov check tells what is missing; sfprov setup --watch goes through these steps with you.")
		return err
	})
}

// watchSetup tells the first step that is not done, until all are.
func watchSetup(ctx context.Context, cmd *cli.Command, steps []setupStep) error {
	var opts []sfprov.CheckOption
	if name := cmd.String("mapping"); name != "" {
		mapping, err := loadMapping(name)
		if err != nil {
			return usageError{err}
		}
		opts = append(opts, sfprov.WithMapping(&mapping))
	}
	p, err := connect(cmd)
	if err != nil {
		return err
	}
	before := ""
	for {
		report, err := p.Check(ctx, opts...)
		if err != nil {
			return err
		}
		if report.OK() {
			return output(cmd, report, func(w io.Writer) error {
				_, err := fmt.Fprint(w, report)
				return err
			})
		}
		if next := nextStep(steps, report); next != before {
			progress(cmd, "%s", next)
			before = next
		}
		select {
		case <-time.After(cmd.Duration("every")):
		case <-ctx.Done():
			return errors.New("interrupted before the org was ready")
		}
	}
}

// nextStep is what comes next: the first step that a failure shows not to be done.
func nextStep(steps []setupStep, report *sfprov.Report) string {
	failures := slices.DeleteFunc(slices.Clone(report.Findings), func(f sfprov.Finding) bool { return f.Level != sfprov.LevelFailure })
	for i, step := range steps {
		for _, f := range failures {
			if slices.Contains(step.shownBy, f.ID) {
				return fmt.Sprintf("Next, step %d of %d: %s\n  Setup: %s\n  %s\n  found: %s: %s\n  cure: %s", i+1, len(steps), step.Title, step.Where, step.Do, f.Title, f.Detail, f.Cure)
			}
		}
	}
	f := failures[0]
	return fmt.Sprintf("Next: %s: %s\n  %s (%s)", f.Title, f.Detail, f.Cure, f.Where)
}

// writeMetadata writes a project for Salesforce's command line.
func writeMetadata(cmd *cli.Command, dir string, c sfprov.Config) error {
	contact := cmd.String("contact")
	if contact == "" {
		return usagef("the app's metadata names a contact: give one by --contact")
	}
	if _, err := os.Stat(dir); err == nil {
		return usagef("%s is there already; name a folder that isn't", dir)
	}
	values := struct{ Contact, Username, APIVersion string }{contact, c.Username, strings.TrimPrefix(c.APIVersion, "v")}
	if values.APIVersion == "" {
		values.APIVersion = sfprov.DefaultAPIVersion
	}
	if values.Username == "" {
		return usagef("the app runs as the integration user: give its username by --username")
	}
	files, err := template.New("").Funcs(template.FuncMap{"xml": escapedXML}).ParseFS(setupFiles, "setupfiles/*")
	if err != nil {
		return err
	}
	for _, file := range files.Templates() {
		path := filepath.Join(dir, filepath.FromSlash(setupPaths[file.Name()]))
		var text bytes.Buffer
		err := file.Execute(&text, values)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o750)
		}
		if err == nil {
			err = os.WriteFile(path, text.Bytes(), 0o600)
		}
		if err != nil {
			return err
		}
	}
	progress(cmd, "The files are in %s. Nobody has tried them on a real org yet: if one is refused, tell us.", dir)
	_, err = fmt.Fprint(cmd.Root().Writer, strings.ReplaceAll(setupCommands, "USERNAME", c.Username))
	return err
}

// setupPaths is where each file belongs in a project.
var setupPaths = map[string]string{ //nolint:gochecknoglobals // a constant table
	"project.json.tmpl":      "sfdx-project.json",
	"app.xml.tmpl":           "force-app/main/default/externalClientApps/sfprov.eca-meta.xml",
	"oauth.xml.tmpl":         "force-app/main/default/extlClntAppOauthSettings/sfprov_oauth.ecaOauth-meta.xml",
	"globaloauth.xml.tmpl":   "force-app/main/default/extlClntAppGlobalOauthSets/sfprov_glbloauth.ecaGlblOauth-meta.xml",
	"policies.xml.tmpl":      "policies/main/default/extlClntAppOauthPolicies/sfprov_oauthPlcy.ecaOauthPlcy-meta.xml",
	"permissionset.xml.tmpl": "force-app/main/default/permissionsets/sfprov.permissionset-meta.xml",
}

// setupCommands are run in the project's folder. The policies come last and alone, since
// they need the app and the user.
const setupCommands = `sf project deploy start --source-dir force-app
sf org assign permsetlicense --name SalesforceAPIIntegrationPsl --on-behalf-of USERNAME
sf org assign permset --name sfprov --on-behalf-of USERNAME
sf project deploy start --source-dir policies
sf project retrieve start --metadata ExtlClntAppGlobalOauthSettings:sfprov_glbloauth  # holds the secret then: keep it out of source control
sfprov check
`

// escapedXML is a text within XML.
func escapedXML(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}
