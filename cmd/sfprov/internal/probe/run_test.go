package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

var update = flag.Bool("update", false, "rewrite the golden files and docs/probes.md")

// settingsOf are the settings that ask the org.
func settingsOf(t *testing.T, org *sfprovtest.Org) Settings {
	t.Helper()
	cfg := org.Config()
	set := Settings{Config: sfprov.Config{
		Domain: cfg.Domain, ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, Username: cfg.Username,
		PrivateKey: cfg.PrivateKey, Audience: cfg.Audience,
	}, ProfileID: cfg.Defaults["ProfileId"].(string)}
	require.NoError(t, set.check(t.Context()))
	return set
}

func byName(r Report) map[string]Answer {
	all := map[string]Answer{}
	for _, a := range r.Answers {
		all[a.Name] = a
	}
	return all
}

func jsonOf(t *testing.T, r Report) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, r.WriteJSON(&out))
	return out.String()
}

func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	before := org.Users()
	report, err := Run(t.Context(), settingsOf(t, org), Options{})
	require.NoError(t, err)
	assert.Equal(t, before, org.Users())
	assert.Empty(t, report.Left)
	for _, p := range Probes() {
		a := byName(report)[p.Name]
		switch {
		case p.Write || p.NotAsked != "":
			assert.NotEmpty(t, a.Skipped, p.Name)
		default:
			assert.Empty(t, a.Skipped+a.Failed, p.Name)
			assert.NotZero(t, a.Status, p.Name)
		}
	}
}

func TestWritingReleasesTheUser(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	before := org.Users()
	report, err := Run(t.Context(), settingsOf(t, org), Options{Write: true})
	require.NoError(t, err)
	assert.Contains(t, report.Left, "inactive and renamed")
	assertReleased(t, org, len(before))
}

func assertReleased(t *testing.T, org *sfprovtest.Org, before int) {
	t.Helper()
	users := org.Users()
	require.Len(t, users, before+1)
	left := users[before].ID
	user, _ := org.User(left)
	assert.Equal(t, users[before], user)
	text, err := json.Marshal(user)
	require.NoError(t, err)
	assert.Contains(t, string(text), "released-")
	assert.NotContains(t, strings.ToLower(string(text)), "sfprov-probe-sfprov")
	assert.False(t, user.Active)
}

func TestInterruptsAndFailuresStillRelease(t *testing.T) {
	t.Parallel()
	fault := func(match string, f sfprovtest.Fault) sfprovtest.Control {
		done := false
		return func(r sfprovtest.Request) *sfprovtest.Fault {
			if done || !strings.Contains(string(r.Body), match) {
				return nil
			}
			done = true
			return &f
		}
	}
	for name, tt := range map[string]struct {
		control sfprovtest.Control
		stopAt  string
	}{
		"interrupted after the creation": {stopAt: "new-user-read"},
		"interrupted while frozen":       {stopAt: "new-unfreeze"},
		"the creation goes unanswered":   {control: fault(`" Probe "`, sfprovtest.LostAnswer())},
		"the deactivation fails once":    {control: fault(`"IsActive":false`, sfprovtest.GatewayHTML(502))},
		"the release fails once":         {control: fault(`"released-`, sfprovtest.Dropped())},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			if tt.control != nil {
				org.KeepControl(tt.control)
			}
			before := len(org.Users())
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			report, err := Run(ctx, settingsOf(t, org), Options{Write: true, Progress: func(_, _ int, name string) {
				if name == tt.stopAt {
					stop()
				}
			}})
			if tt.stopAt != "" {
				require.ErrorIs(t, err, context.Canceled)
			} else {
				require.NoError(t, err)
			}
			assert.Equal(t, tt.stopAt != "", report.Interrupted)
			assertReleased(t, org, before)
		})
	}
}

func TestWhatCannotBeReleasedIsTold(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.KeepControl(func(r sfprovtest.Request) *sfprovtest.Fault {
		if !strings.Contains(string(r.Body), `"IsActive":false`) {
			return nil
		}
		f := sfprovtest.GatewayHTML(http.StatusBadGateway)
		return &f
	})
	var told string
	report, err := Run(t.Context(), settingsOf(t, org), Options{Write: true, Say: func(format string, _ ...any) { told += format }})
	require.ErrorIs(t, err, ErrLeftActive)
	assert.Contains(t, report.Left, "by hand")
	assert.NotEmpty(t, told)
}

func TestACreationThatIsRefusedLeavesNothing(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	org.SetLicenses("Salesforce", 1) // which the integration user has
	report, err := Run(t.Context(), settingsOf(t, org), Options{Write: true})
	require.NoError(t, err)
	assert.Empty(t, org.Users())
	assert.Empty(t, report.Left)
	assert.Equal(t, "LICENSE_LIMIT_EXCEEDED", byName(report)[createName].Errors[0].Code)
	assert.LessOrEqual(t, report.Cost.Requests, AtMost(true).Requests)
}

func TestCostIsBoundedAndTold(t *testing.T) {
	t.Parallel()
	for _, write := range []bool{false, true} {
		org := sfprovtest.NewOrg(t)
		report, err := Run(t.Context(), settingsOf(t, org), Options{Write: write})
		require.NoError(t, err)
		most := AtMost(write)
		assert.LessOrEqual(t, report.Cost.Requests, most.Requests)
		assert.LessOrEqual(t, report.Cost.APICalls, most.APICalls)
		assert.LessOrEqual(t, report.Cost.Logins, most.Logins)
		assert.LessOrEqual(t, len(org.Requests()), most.Requests)
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	org := sfprovtest.NewOrg(t)
	report, err := Run(t.Context(), settingsOf(t, org), Options{Write: true})
	require.NoError(t, err)
	for i := range report.Answers {
		report.Answers[i].Millis = 0
	}
	got := jsonOf(t, report)
	assert.Equal(t, golden(t, "testdata/sfprovtest.json", got), got, "go test ./internal/probe -update rewrites it")
}
