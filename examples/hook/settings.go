package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// settings are what the environment says.
type settings struct {
	token, addr string // no token: on loopback only
	real        bool   // there is a real org
	dir         string // of the memory
	cfg         sfprov.Config
}

// minToken is how short a token may be: 16 random bytes in hexadecimal.
const minToken = 32

// readSettings reads the environment. The error names every variable that is wrong.
func readSettings(getenv func(string) string) (settings, error) {
	set := settings{
		token: getenv("HOOK_TOKEN"), addr: getenv("ADDR"), dir: getenv("STATE_DIR"), real: getenv("SALESFORCE_DOMAIN") != "",
	}
	if set.addr == "" {
		set.addr = "localhost:8080"
	}
	problems := []error{checkToken(set.token, getenv("LOOPBACK_ONLY"))}
	for _, name := range []string{"SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET", "SALESFORCE_PROFILE_ID"} {
		if !set.real && getenv(name) != "" { // nobody means the org in memory then
			problems = append(problems, fmt.Errorf("SALESFORCE_DOMAIN is not set; %s is", name))
		}
	}
	if set.real {
		for _, name := range []string{
			"SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET", "SALESFORCE_PROFILE_ID", "PROVISIONING_DOMAIN", "STATE_DIR",
		} {
			if getenv(name) == "" {
				problems = append(problems, fmt.Errorf("%s is not set; SALESFORCE_DOMAIN is, and needs it", name))
			}
		}
		set.cfg = sfprov.Config{
			Domain:             getenv("SALESFORCE_DOMAIN"),
			ClientID:           getenv("SALESFORCE_CLIENT_ID"),
			ClientSecret:       sfprov.Secret(getenv("SALESFORCE_CLIENT_SECRET")),
			ProvisioningDomain: getenv("PROVISIONING_DOMAIN"),
			Defaults: sfprov.Fields{
				"ProfileId": getenv("SALESFORCE_PROFILE_ID"), "TimeZoneSidKey": "America/Los_Angeles",
				"LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
			},
		}
	}
	return set, errors.Join(problems...)
}

func checkToken(token, loopbackOnly string) error {
	open, err := strconv.ParseBool(loopbackOnly)
	switch {
	case loopbackOnly != "" && err != nil:
		return errors.New(`LOOPBACK_ONLY is neither "true" nor "false"`)
	case token == "" && !open:
		return errors.New("HOOK_TOKEN is not set, and without it anybody could create and deactivate users; " +
			"set it to what your callers send (openssl rand -hex 32 makes one), " +
			"or set LOOPBACK_ONLY=true to try the service on this machine alone")
	case token != "" && open:
		return errors.New("HOOK_TOKEN and LOOPBACK_ONLY are both set; with a token, leave LOOPBACK_ONLY out")
	case token != "" && (len(token) < minToken || strings.ContainsFunc(token, unfitForHeader)):
		return fmt.Errorf("HOOK_TOKEN must have %d characters at least, no blanks among them; "+
			"openssl rand -hex 32 makes one", minToken)
	}
	return nil
}

func unfitForHeader(r rune) bool { return r <= ' ' || r > '~' }

// org is the org to use, the real one or one in memory, and the folder to remember in.
func (set settings) org(log *slog.Logger) (cfg sfprov.Config, dir string, done func(), err error) {
	cfg, dir, done = set.cfg, set.dir, func() {}
	if !set.real {
		log.Info("using an org in memory, which is gone when the process ends; " +
			"set SALESFORCE_DOMAIN and its companions to use a real one")
		org, err := sfprovtest.NewStandaloneOrg()
		if err != nil {
			return sfprov.Config{}, "", nil, err
		}
		if dir, err = os.MkdirTemp("", "hook"); err != nil {
			org.Close()
			return sfprov.Config{}, "", nil, err
		}
		cfg, done = org.Config(), func() {
			org.Close()
			if err := os.RemoveAll(dir); err != nil {
				log.Warn("the folder of the memory is left behind", slog.Any("error", err))
			}
		}
		cfg.ProvisioningDomain = "hook.example"
	}
	cfg.MatchField = matchField
	return cfg, dir, done, nil
}
