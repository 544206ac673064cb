package main

import (
	"io"
	"strings"

	"github.com/sfprov/sfprov/sfprovtest"
)

// orgSettings are what a client needs to use the org.
type orgSettings struct {
	Domain         string `json:"domain"`
	ClientID       string `json:"clientId"`
	ClientSecret   string `json:"clientSecret"`
	GrantType      string `json:"grantType"`
	Username       string `json:"username"`
	Password       string `json:"password"`
	Audience       string `json:"audience"`
	ProfileID      string `json:"profileId"` // which new users can have
	TokenEndpoint  string `json:"tokenEndpoint"`
	CAFile         string `json:"caFile,omitempty"`
	PrivateKeyFile string `json:"privateKeyFile,omitempty"`
	Control        string `json:"control,omitempty"`
}

func settingsOf(org *sfprovtest.Org) orgSettings {
	cfg := org.Config()
	profile, _ := cfg.Defaults["ProfileId"].(string)
	return orgSettings{
		Domain: cfg.Domain, TokenEndpoint: cfg.Domain + "/services/oauth2/token",
		ClientID: cfg.ClientID, ClientSecret: string(cfg.ClientSecret), GrantType: "client_credentials",
		Username: cfg.Username, Password: string(cfg.Password), Audience: cfg.Audience, ProfileID: profile,
	}
}

// writeTo writes the settings as lines for a shell, all at once: whoever sees the
// first can read the others.
func (s orgSettings) writeTo(w io.Writer) error {
	var block strings.Builder
	for _, line := range []struct{ name, value string }{
		{"SALESFORCE_DOMAIN", s.Domain},
		{"SALESFORCE_TOKEN_ENDPOINT", s.TokenEndpoint},
		{"SALESFORCE_CLIENT_ID", s.ClientID},
		{"SALESFORCE_CLIENT_SECRET", s.ClientSecret},
		{"SALESFORCE_GRANT_TYPE", s.GrantType},
		{"SALESFORCE_USERNAME", s.Username},
		{"SALESFORCE_PASSWORD", s.Password},
		{"SALESFORCE_AUDIENCE", s.Audience},
		{"SALESFORCE_PROFILE_ID", s.ProfileID},
		{"SALESFORCE_CA_FILE", s.CAFile},
		{"SALESFORCE_PRIVATE_KEY_FILE", s.PrivateKeyFile},
		{"SALESFORCE_CONTROL", s.Control},
	} {
		if line.value != "" {
			block.WriteString("export " + line.name + "=" + quoted(line.value) + "\n")
		}
	}
	_, err := io.WriteString(w, block.String())
	return err
}

// quoted is a text as a shell takes it literally.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
