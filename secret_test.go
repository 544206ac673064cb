package sfprov_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	texttemplate "text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
)

// secretCanary is what must not come out anywhere. The quotation mark, the tab
// and the letter beyond ASCII make its quoted and escaped forms differ; no part
// that is looked for can be part of a time or an address.
const secretCanary = "C4n4ry\"k\té!zwxq"

// canaryForms are the ways in which the canary can show in a text.
func canaryForms() map[string]string {
	raw := []byte(secretCanary)
	forms := map[string]string{
		"plain":             secretCanary,
		"a part":            "C4n4ry",
		"another part":      "zwxq",
		"quoted":            strings.Trim(strconv.Quote(secretCanary), `"`),
		"quoted in ASCII":   strings.Trim(strconv.QuoteToASCII(secretCanary), `"`),
		"hex":               hex.EncodeToString(raw),
		"hex, spaced":       fmt.Sprintf("% x", raw),
		"hex, 0x":           fmt.Sprintf("%# x", raw),
		"decimal":           strings.Trim(fmt.Sprintf("%d", raw), "[]"),
		"decimal, commas":   strings.ReplaceAll(strings.Trim(fmt.Sprintf("%d", raw), "[]"), " ", ","),
		"runes":             strings.Trim(fmt.Sprint([]rune(secretCanary)), "[]"),
		"Go bytes":          strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", raw), "[]byte{"), "}"),
		"percent-encoded":   "C4n4ry%22k",
		"HTML-escaped":      template.HTMLEscapeString(secretCanary),
		"XML-escaped":       "C4n4ry&#34;k",
		"octal":             strings.Trim(fmt.Sprintf("%o", raw), "[]"),
		"binary":            strings.Trim(fmt.Sprintf("%b", raw), "[]"),
		"Unicode notation":  strings.Trim(fmt.Sprintf("%U", []rune(secretCanary)), "[]"),
		"characters spaced": strings.Trim(fmt.Sprintf("%c", []rune(secretCanary)), "[]"),
	}
	// In base64 a text looks different by where it begins; the ends depend on the
	// neighbours and are left out.
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, shift), raw...))
		forms[fmt.Sprintf("base64 at %d", shift)] = encoded[4 : len(encoded)-4]
	}
	return forms
}

// showsCanary says in which forms the text shows the canary.
func showsCanary(text string) []string {
	lower := strings.ToLower(text)
	var shown []string
	for form, canary := range canaryForms() {
		if strings.Contains(lower, strings.ToLower(canary)) {
			shown = append(shown, form)
		}
	}
	slices.Sort(shown)
	return shown
}

// assertNoCanary fails if the text shows the canary in any form.
func assertNoCanary(t *testing.T, text, what string) {
	t.Helper()
	assert.Empty(t, showsCanary(text), "%s shows the secret: %s", what, text)
}

func canaryConfig() sfprov.Config {
	cfg := config()
	cfg.GrantType = sfprov.GrantPassword // takes the canary for a private key, which it doesn't use
	cfg.Username = "integration@primary.com"
	cfg.ClientSecret, cfg.Password, cfg.PrivateKey = secretCanary, secretCanary, secretCanary
	return cfg
}

// canaryHolder is a caller's struct that holds a configuration.
type canaryHolder struct {
	Name   string
	Config sfprov.Config
	Next   *sfprov.Config
}

// canaryHook is a caller's hook: its Provisioner is in an unexported field, where
// fmt calls no methods.
type canaryHook struct {
	name        string
	provisioner *sfprov.Provisioner
}

// canaryHookByValue has a copy of a Provisioner.
type canaryHookByValue struct {
	provisioner sfprov.Provisioner
}

// canaryEmbedding embeds what prints itself.
type canaryEmbedding struct {
	sfprov.Config

	Name string
}

// canaryValues is everything that holds the canary and is printed in life.
func canaryValues(t *testing.T) map[string]any {
	t.Helper()
	secret := sfprov.Secret(secretCanary)
	cfg := canaryConfig()
	p, err := sfprov.New(cfg)
	require.NoError(t, err)
	return map[string]any{
		"Secret":                  secret,
		"*Secret":                 &secret,
		"[]Secret":                []sfprov.Secret{secret},
		"map of Secrets":          map[string]sfprov.Secret{"a": secret},
		"struct with Secret":      struct{ S sfprov.Secret }{secret},
		"Secret in any":           []any{secret, &secret},
		"Config":                  cfg,
		"*Config":                 &cfg,
		"**Config":                func() **sfprov.Config { c := &cfg; return &c }(),
		"[]Config":                []sfprov.Config{cfg, cfg},
		"[]*Config":               []*sfprov.Config{&cfg},
		"[1]Config":               [1]sfprov.Config{cfg},
		"map of Configs":          map[string]sfprov.Config{"acme": cfg},
		"map of any":              map[string]any{"acme": cfg, "other": &cfg},
		"struct with Config":      canaryHolder{Name: "n", Config: cfg, Next: &cfg},
		"pointer to a struct":     &canaryHolder{Name: "n", Config: cfg, Next: &cfg},
		"struct embedding Config": canaryEmbedding{Config: cfg, Name: "n"},
		"*Provisioner":            p,
		"Provisioner":             *p,
		"[]*Provisioner":          []*sfprov.Provisioner{p},
		"[]Provisioner":           []sfprov.Provisioner{*p},
		"map of Provisioners":     map[string]*sfprov.Provisioner{"acme": p},
		"hook":                    canaryHook{name: "n", provisioner: p},
		"*hook":                   &canaryHook{name: "n", provisioner: p},
		"[]hook":                  []canaryHook{{name: "n", provisioner: p}},
		"hook by value":           canaryHookByValue{provisioner: *p},
		"*hook by value":          &canaryHookByValue{provisioner: *p},
	}
}

// isAddressable says whether %p has an address to print. For anything else the
// verb is an error of the caller's, and fmt then prints the operand without
// calling its methods: no type can prevent that.
func isAddressable(name string) bool {
	return strings.HasPrefix(name, "*") || strings.HasPrefix(name, "[]") || strings.HasPrefix(name, "map") || name == "pointer to a struct"
}

// TestCanaryIsFound proves that the search finds what it is for.
func TestCanaryIsFound(t *testing.T) {
	t.Parallel()
	type plain struct{ Secret string }
	asJSON, err := json.Marshal(map[string]any{"a": []byte("xy" + secretCanary + "z"), "b": secretCanary})
	require.NoError(t, err)
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", plain{secretCanary}), "%q": fmt.Sprintf("%q", plain{secretCanary}), "%+q": fmt.Sprintf("%+q", secretCanary),
		"%x": fmt.Sprintf("%x", secretCanary), "% X": fmt.Sprintf("% X", secretCanary), "%# x": fmt.Sprintf("%# x", secretCanary),
		"%d": fmt.Sprintf("%d", []byte(secretCanary)), "%#v": fmt.Sprintf("%#v", []byte(secretCanary)), "JSON": string(asJSON),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.NotEmpty(t, showsCanary(text), "in %s", text)
		})
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	verbs := []string{
		"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%T",
		"%X", "% x", "%#x", "%# X", "%+q", "%#q", "%10s", "%-40s|", "%.3s", "%b", "%o", "%O", "%c", "%U", "%#U", "%e", "%g", "%+d", "%!", "%z", "%[1]*d", "%é", "no verb",
	}
	for name, value := range canaryValues(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leaks := map[string]string{}
			for _, verb := range verbs {
				for _, text := range []string{fmt.Sprintf(verb, value), fmt.Errorf("deep: "+verb, value).Error()} {
					if len(showsCanary(text)) > 0 {
						leaks[verb] = text
					}
				}
			}
			assert.Empty(t, leaks)
			if isAddressable(name) {
				assertNoCanary(t, fmt.Sprintf("%p", value), "%p")
			}
			assertNoCanary(t, fmt.Sprint(value), "Sprint")
			assertNoCanary(t, fmt.Sprint("config", value, 1), "Sprint of several")
			assertNoCanary(t, fmt.Sprintln(value), "Sprintln")
			assertNoCanary(t, fmt.Sprintf("%d items", value), "a wrong verb")
			assertNoCanary(t, string(fmt.Append(nil, value)), "Append")
			assertNoCanary(t, errors.Join(errors.New("x"), fmt.Errorf("y: %v", value)).Error(), "a joined error")
		})
	}
}

func TestSecretsAreNotMarshalled(t *testing.T) {
	t.Parallel()
	for name, value := range canaryValues(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded, err := json.Marshal(value)
			require.NoError(t, err)
			assertNoCanary(t, string(encoded), "JSON")
			indented, err := json.MarshalIndent(map[string]any{"v": value}, "", "  ")
			require.NoError(t, err)
			assertNoCanary(t, string(indented), "indented JSON")

			// XML has no maps, so that most of these are refused: neither what was
			// written until then nor the error may show a secret.
			var out bytes.Buffer
			err = xml.NewEncoder(&out).Encode(value)
			assertNoCanary(t, out.String(), "XML")
			if err != nil {
				assertNoCanary(t, err.Error(), "the error of XML")
			}

			for _, source := range []string{`{{.}}`, `{{printf "%#v" .}}`, `{{print .}}`, `{{html .}}`, `{{js .}}`, `{{urlquery .}}`} {
				var rendered strings.Builder
				err := texttemplate.Must(texttemplate.New("text").Parse(source)).Execute(&rendered, value)
				require.NoError(t, err)
				assertNoCanary(t, rendered.String(), "a text template with "+source)
			}
			var page strings.Builder
			err = template.Must(template.New("html").Parse(`<p title="{{.}}">{{.}}</p><script>x = {{.}}</script>`)).Execute(&page, value)
			require.NoError(t, err)
			assertNoCanary(t, page.String(), "an HTML template")
		})
	}
}

// TestSecretsInXML has the values that XML can write.
func TestSecretsInXML(t *testing.T) {
	t.Parallel()
	type element struct {
		Attribute sfprov.Secret   `xml:"attribute,attr"`
		Child     sfprov.Secret   `xml:"child"`
		Pointer   *sfprov.Secret  `xml:"pointer"`
		Several   []sfprov.Secret `xml:"several"`
	}
	secret := sfprov.Secret(secretCanary)
	encoded, err := xml.Marshal(element{Attribute: secret, Child: secret, Pointer: &secret, Several: []sfprov.Secret{secret, ""}})
	require.NoError(t, err)
	assertNoCanary(t, string(encoded), "XML")
	assert.Contains(t, string(encoded), `attribute="[REDACTED]"`)
}

func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	for name, value := range canaryValues(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var text, asJSON bytes.Buffer
			for _, handler := range []slog.Handler{slog.NewTextHandler(&text, options), slog.NewJSONHandler(&asJSON, options)} {
				log := slog.New(handler)
				log.LogAttrs(t.Context(), slog.LevelInfo, "configured", slog.Any("value", value))
				log.LogAttrs(t.Context(), slog.LevelInfo, "grouped", slog.Group("g", slog.Any("value", value)))
				log.LogAttrs(t.Context(), slog.LevelError, "failed", slog.Any("error", fmt.Errorf("with %v", value)))
				log.With(slog.Any("value", value)).LogAttrs(t.Context(), slog.LevelDebug, "with")
			}
			assertNoCanary(t, text.String(), "slog's text")
			assertNoCanary(t, asJSON.String(), "slog's JSON")
			assert.Equal(t, 4, strings.Count(text.String(), "\n"))
			assert.Equal(t, 4, strings.Count(asJSON.String(), "\n"))
		})
	}
}

// TestRedactionSaysThatASecretIsSet: a print must still tell whether there is a
// secret, and the rest of the configuration must still be there.
func TestRedactionSaysThatASecretIsSet(t *testing.T) {
	t.Parallel()
	secret := sfprov.Secret(secretCanary)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		assert.Equal(t, "[REDACTED]", fmt.Sprintf(verb, secret), verb)
		assert.Empty(t, fmt.Sprintf(verb, sfprov.Secret("")), verb)
	}
	assert.Equal(t, "[REDACTED]", secret.String())
	assert.Equal(t, "[REDACTED]", secret.GoString())
	text, err := secret.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "[REDACTED]", string(text))
	text, err = sfprov.Secret("").MarshalText()
	require.NoError(t, err)
	assert.Empty(t, text)
	assert.Equal(t, "[REDACTED]", secret.LogValue().String())
	assert.Equal(t, secretCanary, string(secret), "the secret itself can be read")

	cfg := canaryConfig()
	p, err := sfprov.New(cfg)
	require.NoError(t, err)
	for name, printed := range map[string]string{"Config": fmt.Sprint(cfg), "*Config": fmt.Sprintf("%+v", &cfg), "*Provisioner": fmt.Sprint(p)} {
		assert.Contains(t, printed, "acme.my.salesforce.com", name)
		assert.Contains(t, printed, "consumer-key", name)
		assert.Equal(t, 3, strings.Count(printed, "[REDACTED]"), name)
	}
}

// TestSecretsAreRead: redaction is one way only.
func TestSecretsAreRead(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(secretCanary)
	require.NoError(t, err)
	var fromJSON sfprov.Secret
	require.NoError(t, json.Unmarshal(encoded, &fromJSON))
	assert.Equal(t, secretCanary, string(fromJSON))

	var fromXML struct {
		Secret sfprov.Secret `xml:"secret"`
	}
	require.NoError(t, xml.Unmarshal([]byte(`<x><secret>hunter2</secret></x>`), &fromXML))
	assert.Equal(t, "hunter2", string(fromXML.Secret))
}

// TestPrintsOfNothing: what is printed when something is missing is printed in
// the worst of moments, and must not panic.
func TestPrintsOfNothing(t *testing.T) {
	t.Parallel()
	var noConfig *sfprov.Config
	var noProvisioner *sfprov.Provisioner
	for name, value := range map[string]any{
		"nil *Config": noConfig, "nil *Provisioner": noProvisioner, "zero Config": sfprov.Config{}, "zero Provisioner": sfprov.Provisioner{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
				assert.NotContains(t, fmt.Sprintf(verb, value), "PANIC", verb)
			}
			var out bytes.Buffer
			slog.New(slog.NewTextHandler(&out, nil)).LogAttrs(t.Context(), slog.LevelInfo, "m", slog.Any("value", value))
			assert.Contains(t, out.String(), "msg=m value", "the record is written")
		})
	}
}
