package sfprov_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// pages are README.md, and the other pages that show how this library is used.
func pages(t *testing.T) []string {
	t.Helper()
	all := []string{"README.md"}
	for _, pattern := range []string{"docs/*.md", "examples/*/README.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		all = append(all, found...)
	}
	return all
}

// blocks are the code blocks of a page in a language.
func blocks(t *testing.T, page, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var found []string
	for _, match := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllSubmatch(text, -1) {
		found = append(found, string(match[1]))
	}
	return found
}

// dedented is code without the white space around its lines, and with one blank where
// gofmt aligns things by several.
func dedented(code string) string {
	code = regexp.MustCompile(`(?m)^[ \t]+|[ \t]+$`).ReplaceAllString("\n"+code, "")
	return regexp.MustCompile(`[ \t]+`).ReplaceAllString(code, " ")
}

// stands reports whether a declaration has all these lines, in their order. The
// documentation may leave lines out, such as those that handle an error.
func stands(lines []string, declaration string) bool {
	for _, line := range lines {
		_, rest, found := strings.Cut("\n"+declaration, "\n"+line+"\n")
		if !found {
			return false
		}
		declaration = rest
	}
	return true
}

// Whoever copies Go out of the documentation copies what compiles and is tested: what has
// no empty line in it stands in one declaration of this module, word for word but for
// blanks, and for lines that are left out.
func TestGoOfTheDocsIsTested(t *testing.T) {
	t.Parallel()
	var declarations []string
	for _, pattern := range []string{"*_test.go", "sfprovtest/*_test.go", "examples/*/*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, declaration := range strings.SplitAfter(string(source), "\n}\n") {
				declarations = append(declarations, dedented(declaration))
			}
		}
	}
	checked := 0
	for _, page := range pages(t) {
		for _, block := range blocks(t, page, "go") {
			for part := range strings.SplitSeq(block, "\n\n") {
				checked++
				lines := strings.Split(strings.Trim(dedented(part), "\n"), "\n")
				isTested := slices.ContainsFunc(declarations, func(d string) bool { return stands(lines, d) })
				assert.True(t, isTested,
					"%s shows Go that is in no test and no example; put it into one, as docs_test.go has it:\n%s", page, part)
			}
		}
	}
	assert.Greater(t, checked, 10, "there is Go in the documentation")
}

// The sample of a Config is one, and New has nothing to say against it.
func TestConfigOfTheReadme(t *testing.T) {
	t.Parallel()
	samples := blocks(t, "README.md", "json")
	require.Len(t, samples, 1)
	decoder := json.NewDecoder(strings.NewReader(samples[0]))
	decoder.DisallowUnknownFields()
	var cfg sfprov.Config
	require.NoError(t, decoder.Decode(&cfg))
	cfg.ClientSecret = "secret"
	_, err := sfprov.New(cfg)
	require.NoError(t, err)
	assert.NotEmpty(t, cfg.Defaults)
}

// The README's table names each field of a Config, by its name in JSON, and each
// property.
func TestTheReadmeNamesAllOfConfig(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	full := sfprov.Config{
		APIVersion: "66.0", Domain: "x", ClientID: "x", Username: "x", TokenEndpoint: "x", GrantType: "x", Audience: "x",
		Pattern: "x", Separator: "x", ProvisioningDomain: "x", TenantDomain: "x", IdentityProvider: "x",
		Defaults: sfprov.Fields{}, MatchField: "x", ReleaseUsername: true,
	}
	full.Defaults["x"] = "x"
	text, err := json.Marshal(full)
	require.NoError(t, err)
	names := map[string]any{"clientSecret": nil, "password": nil, "privateKey": nil}
	require.NoError(t, json.Unmarshal(text, &names))
	require.Len(t, names, 18)
	for name := range names {
		assert.Contains(t, string(readme), ", `"+name+"` | ")
	}
	for _, name := range []string{
		"sf-api-version", "sf-domain-name", "sf-clientid", "sf-client-secret", "sf-usePasswordGrant", "sf-username",
		"sf-password", "sf-token-endpoint", "sf-prov-pattern", "sf-prov-separator", "sf-prov-domainName",
		"identityProviderName",
	} {
		assert.Contains(t, string(readme), "| `"+name+"`")
	}
}

// What follows stands in docs/, word for word.

// TestLeaver is README's.
func TestLeaver(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	p, err := sfprov.New(org.Config())
	require.NoError(t, err)
	id := org.AddUser(sfprov.Fields{"Username": "alice@acme.com"})

	_, err = p.Deactivate(t.Context(), id) // or run your hook with p
	require.NoError(t, err)

	alice, _ := org.UserByUsername("alice@acme.com")
	assert.False(t, alice.Active)
}

func documentedEnsure(
	ctx context.Context, p *sfprov.Provisioner, fields sfprov.Fields, access sfprov.Access,
) (sfprov.Result, error) {
	result, err := p.Ensure(ctx, sfprov.User{Username: "alice", Fields: fields, Access: access})
	// result.Action is Updated, result.Changes is [{Title CFO CEO}]
	return result, err
}

func documentedProvision(
	ctx context.Context, p *sfprov.Provisioner, storedID string, user sfprov.User,
) (sfprov.Result, error) {
	result, err := p.Provision(ctx, sfprov.Request{Op: sfprov.OpUpdate, ID: storedID, User: user})
	return result, err
}

func documentedReads(ctx context.Context, p *sfprov.Provisioner, log *log.Logger) error {
	for account, err := range p.Users(ctx, sfprov.UserQuery{UsernameSuffix: "@acme.com", Fields: []string{"Department"}}) {
		if err != nil {
			return err
		}
		log.Println(account.ID, account.Username, account.Active, account.Fields["Department"])
	}
	for account, err := range p.Members(ctx, sfprov.CatalogPermissionSet, "Deal Desk") {
		if err != nil {
			return err
		}
		log.Println(account.Username)
	}
	return nil
}

func documentedAccess(fields sfprov.Fields) sfprov.User {
	alice := sfprov.User{Username: "alice", Fields: fields, Access: sfprov.Access{
		Profile: "Sales User", Role: "VP Sales",
		PermissionSets: []string{"Deal Desk"}, Queues: []string{"Returns"},
	}}
	return alice
}

func documentedBatch(
	ctx context.Context, p *sfprov.Provisioner, users iter.Seq2[sfprov.User, error], log *log.Logger,
) (sfprov.Summary, error) {
	summary, err := p.EnsureAll(ctx, users, func(o sfprov.Outcome) error { // users is an iter.Seq2[sfprov.User, error]
		if step, wait := sfprov.NextStep(o.Err); step != sfprov.StepDone {
			log.Println(o.User.Username, step, wait, o.Err)
		}
		return nil // an error would end the run
	})
	return summary, err
}

func documentedPlan(
	ctx context.Context, p *sfprov.Provisioner, users iter.Seq2[sfprov.User, error], log *log.Logger,
) error {
	plan, err := p.Plan(ctx, users, sfprov.Scope{}) // users is an iter.Seq2[sfprov.User, error]
	if err != nil {
		return err
	}
	log.Println(plan) // counts, notes, and what would be changed
	summary, err := p.Apply(ctx, plan, nil)
	if summary.Done != summary.Users {
		return fmt.Errorf("%d of %d: %w", summary.Done, summary.Users, err)
	}
	return err
}

func documentedClaims(
	ctx context.Context, p *sfprov.Provisioner, text []byte, claims map[string][]string,
) (sfprov.Result, error) {
	mapping, err := sfprov.ParseMapping(text) // all that is wrong with the rules
	if err != nil {
		return sfprov.Result{}, err
	}
	mapping.Custom = func(claims map[string][]string, u *sfprov.User) error {
		if slices.Contains(claims["groups"], "contractors") {
			u.Fields["Title"] = "Contractor"
		}
		return nil
	}
	user, err := mapping.User("alice", claims) // all that is wrong with the claims
	if err != nil {
		return sfprov.Result{}, err
	}
	result, err := p.Ensure(ctx, user)
	return result, err
}

func documentedExternal() sfprov.User {
	carol := sfprov.User{
		Username: "carol",
		Fields: sfprov.Fields{
			"LastName": "Baker", "Email": "carol@customer.example", "FederationIdentifier": "C-17",
			"ContactId": "0035g00000AbCdEAAV",
		},
		Access: sfprov.Access{Profile: "Customer Community User"},
	}
	return carol
}

func TestCodeOfTheDocsWorks(t *testing.T) {
	t.Parallel()
	ctx, org := t.Context(), sfprovtest.NewOrg(t)
	org.AddProfile("Sales User", "Salesforce")
	org.AddProfile("Customer Community User", "Customer Community")
	org.AddRole("VP Sales", "")
	org.AddPermissionSet("Deal Desk", "")
	org.AddQueue("Returns")
	p := provisionerIn(t, org, byFederationID, func(c *sfprov.Config) { c.ProvisioningDomain = "acme.com" })
	fields := sfprov.Fields{
		"LastName": "Jones", "Email": "alice@acme.com", "FederationIdentifier": "E-4711", "Title": "CFO",
	}
	made, err := p.Create(ctx, documentedAccess(fields))
	require.NoError(t, err)

	fields["Title"] = "CEO"
	result, err := documentedEnsure(ctx, p, fields, sfprov.Access{Exact: true}) // nil lists: nothing is taken
	require.NoError(t, err)
	assert.Equal(t, sfprov.Updated, result.Action)
	assert.Equal(t, "[{Title CFO CEO}]", fmt.Sprint(result.Changes))

	result, err = documentedProvision(ctx, p, made.ID, sfprov.User{Username: "alice", Fields: fields})
	require.NoError(t, err)
	assert.Equal(t, sfprov.Unchanged, result.Action)

	var lines bytes.Buffer
	printer := log.New(&lines, "", 0)
	require.NoError(t, documentedReads(ctx, p, printer))
	assert.Equal(t, made.ID+" alice@acme.com true <nil>\nalice@acme.com\n", lines.String())

	lines.Reset()
	people := directory("bob")
	people = append(people, sfprov.User{Username: "carol"})
	summary, err := documentedBatch(ctx, p, reading(people), printer)
	require.Error(t, err)
	assert.Equal(t, 1, summary.Done)
	assert.Contains(t, lines.String(), "carol user 0s")

	require.NoError(t, documentedPlan(ctx, p, reading(directory("bob")), printer))
	alice, _ := org.User(made.ID)
	assert.False(t, alice.Active, "who is not desired leaves")

	owner := org.AddUser(sfprov.Fields{"UserRoleId": org.AddRole("Account Manager", "")})
	claims := map[string][]string{
		"sub": {"E-4711"}, "name": {"Jones"}, "email": {"alice@acme.com"}, "groups": {"contractors"},
	}
	result, err = documentedClaims(ctx, p, []byte(`{"rules": [{"to": "FederationIdentifier", "claim": "sub"},
		{"to": "LastName", "claim": "name"}, {"to": "Email", "claim": "email"}]}`), claims)
	require.NoError(t, err)
	user, _ := org.User(result.ID)
	assert.Equal(t, "Contractor", user.Fields["Title"])

	contact := org.AddContact("Baker", org.AddAccount("Customer", owner))
	carol := documentedExternal()
	carol.Fields["ContactId"] = contact
	_, err = p.Create(ctx, carol)
	require.NoError(t, err)
}

// The figures of docs/many-users.md.
func TestCostsOfManyUsers(t *testing.T) {
	t.Parallel()
	people := func(n int) []sfprov.User {
		users := make([]sfprov.User, n)
		for i := range users {
			users[i] = employee(fmt.Sprintf("user%d", i), fmt.Sprintf("E-%d", i))
		}
		return users
	}
	// Within a bubble, the input never rests because the machine is busy.
	bubble(t, "run", func(t *testing.T, org *sfprovtest.Org) {
		for _, run := range []struct {
			what  string
			match string
			users []sfprov.User
			calls int
		}{
			{"creates", "FederationIdentifier", people(1000), 6},
			{"nobody differs", "FederationIdentifier", people(1000), 2},
			{"taken usernames, no match field", "", people(10), 10 + 1},
			{"a swap", "FederationIdentifier", swapping(people(2)), 10},
			{"ten swaps", "FederationIdentifier", swapping(people(22)[2:]), 73},
		} {
			p := provisionerIn(t, org, func(c *sfprov.Config) { c.MatchField = run.match })
			summary, err := p.EnsureAll(t.Context(), reading(run.users), nil)
			assert.Equal(t, run.match != "", err == nil, "%s: %v", run.what, err)
			assert.Equal(t, run.calls, summary.APICalls, run.what)
		}
	})
}

// swapping are users of whom each two want each other's name.
func swapping(users []sfprov.User) []sfprov.User {
	for i := 0; i < len(users); i += 2 {
		users[i].Username, users[i+1].Username = users[i+1].Username, users[i].Username
	}
	return users
}
