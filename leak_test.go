package sfprov_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// tap notes every secret that goes over the wire: what logins send, and the
// tokens that they get.
type tap struct {
	base    http.RoundTripper
	mu      sync.Mutex
	secrets []string
}

func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/oauth2/token") {
		return t.base.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	var token struct {
		Value string `json:"access_token"`
	}
	_ = json.Unmarshal(answer, &token) // a refusal holds none
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, secret := range []string{form.Get("client_secret"), form.Get("password"), form.Get("assertion"), token.Value} {
		if secret != "" {
			t.secrets = append(t.secrets, secret)
		}
	}
	return resp, nil
}

// Promise 7, over whole lives: everything that a Provisioner prints, returns and
// logs, with every grant, in good days and bad.
func TestNoSecretGetsOut(t *testing.T) {
	t.Parallel()
	for _, grant := range []sfprov.GrantType{sfprov.GrantClientCredentials, sfprov.GrantPassword, sfprov.GrantJWTBearer} {
		t.Run(string(grant), func(t *testing.T) {
			t.Parallel()
			org := sfprovtest.NewOrg(t)
			wire := &tap{base: org.Client().Transport}
			cfg := org.Config()
			cfg.GrantType, cfg.ProvisioningDomain, cfg.MatchField = grant, "primary.com", "FederationIdentifier"
			var out bytes.Buffer
			level := &slog.HandlerOptions{Level: slog.LevelDebug}
			log := slog.New(slog.NewJSONHandler(&out, level))
			p, err := sfprov.New(cfg, sfprov.WithHTTPClient(&http.Client{Transport: wire}), sfprov.WithLogger(log))
			require.NoError(t, err)

			for _, value := range append(live(t, p, org), p, *p, cfg, &cfg) {
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
					fmt.Fprintf(&out, verb+"\n", value)
				}
				encoded, err := json.Marshal(value)
				require.NoError(t, err)
				out.Write(encoded)
				log.LogAttrs(t.Context(), slog.LevelInfo, "value", slog.Any("value", value))
				slog.New(slog.NewTextHandler(&out, level)).LogAttrs(t.Context(), slog.LevelInfo, "value", slog.Any("value", value))
			}

			secrets := append(wire.secrets, string(cfg.ClientSecret), string(cfg.Password), string(cfg.PrivateKey), strings.Split(string(cfg.PrivateKey), "\n")[5])
			require.Greater(t, len(secrets), 6, "logins were seen")
			printed := out.String()
			require.Contains(t, printed, "DUPLICATE_USERNAME", "errors were printed")
			for _, secret := range secrets {
				assert.NotContains(t, printed, secret)
				assert.NotContains(t, printed, fmt.Sprintf("%x", secret))
				assert.NotContains(t, printed, url.QueryEscape(secret))
			}
		})
	}
}

// live leads a full life with a Provisioner, and returns all that it answers.
func live(t *testing.T, p *sfprov.Provisioner, org *sfprovtest.Org) (values []any) {
	t.Helper()
	note := func(result any, err error) {
		values = append(values, result)
		if err != nil {
			values = append(values, err, fmt.Errorf("hook: %w", err), sfprov.Explain(err))
		}
	}
	note(p.Create(t.Context(), employee("alice", "E-1")))
	id := org.Users()[0].ID
	note(p.Create(t.Context(), employee("alice", "E-2")))
	note(p.Create(t.Context(), sfprov.User{Username: "b c"}))
	note(p.Update(t.Context(), id, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}}))
	note(p.Update(t.Context(), aliceID, sfprov.User{Fields: sfprov.Fields{"Title": "CEO"}}))
	org.ExpireTokens()
	note(p.Find(t.Context(), employee("alice", "E-1")))
	org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.LostAnswer()))
	result, err := p.Create(t.Context(), employee("carol", "E-3"))
	note(result, err)
	note(p.Resolve(t.Context(), err))
	org.Control(sfprovtest.On(http.MethodPost, "/sobjects/User", sfprovtest.GatewayHTML(503)))
	note(p.Create(t.Context(), employee("dave", "E-4")))
	org.BlockDeactivation(id, sfprovtest.Refusal{})
	note(p.Deactivate(t.Context(), id))
	org.ExpireTokens()
	org.RefuseLogins(1, "invalid_grant", "authentication failure")
	note(p.Deactivate(t.Context(), id))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	note(p.Deactivate(ctx, id))
	return values
}
