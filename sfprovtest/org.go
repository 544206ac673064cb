package sfprovtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/sfprov/sfprov"
)

// TB is what [NewOrg] needs of a test. *testing.T, *testing.B, *testing.F and
// Ginkgo's GinkgoT() have it.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Org is a Salesforce org in memory. All its methods are safe for concurrent
// use.
type Org struct {
	network *network
	closing chan struct{}  // closed by Close, so that delayed answers end
	late    sync.WaitGroup // work that is done after its connection was closed

	turn sync.Mutex // of the request that is handled; mu is free while it asks controls

	mu          sync.Mutex // guards all below, never held during I/O
	offset      time.Duration
	nextID      int
	trailed     int                       // entries of the audit trail and the login history
	rows        map[string]map[string]row // by object, by 18-character ID
	order       map[string][]string       // IDs in the order of creation, by object
	unique      map[string]string         // ID of the user, by field and value
	logins      map[string]string         // ID of the UserLogin, by user ID
	fields      []field                   // of User, the test's own at the end
	licences    map[string]int            // seats, by licence ID; -1 for no limit
	assigned    map[string]struct{}       // assignments that there are, by what they assign to whom
	holdings    map[string][]string       // IDs of assignments, as holdingsKey has it
	used        map[string]int            // of the seats, by licence ID
	picklist    map[string][]string       // by lower-case field name
	blocked     map[string]Refusal        // users who can't be deactivated, by ID
	pending     map[string]string         // email addresses to be confirmed, by user ID
	rules       rules
	locals      locals
	access      access
	permissions permissions // of the integration user
	paging      paging
	passwords   passwords
	features    map[string]*feature // with a limit, by lower-case field name
	orgRules    []orgRule
	memberships membershipLock
	rowControl  func(object string, record sfprov.Fields) []Refusal
	journal     journal
	versions    versionRange
	changes     *transaction // that is under way, if any

	faults faults
}

// row is a record: field names in lower case, values as Go types, nil for null.
type row map[string]any

// The credentials of every org; they open nothing else.
const (
	clientID     = "3MVG9sfprovtest.consumer.key"
	clientSecret = "sfprovtest-consumer-secret" //nolint:gosec // of a test
	adminName    = "integration@sfprovtest.example"
	password     = "sfprovtest-password-and-token" //nolint:gosec // of a test
	orgID        = "00D5g0000000001EAA"
)

// defaultAudience is that of assertions for production orgs.
const defaultAudience = "https://login.salesforce.com"

// NewOrg starts an org that is closed when the test ends.
func NewOrg(t TB, opts ...Option) *Org {
	t.Helper()
	o, err := NewStandaloneOrg(opts...)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(o.Close)
	return o
}

// NewStandaloneOrg starts an org outside of a test. The caller closes it.
func NewStandaloneOrg(opts ...Option) (*Org, error) {
	o := &Org{
		closing:     make(chan struct{}),
		rows:        map[string]map[string]row{},
		order:       map[string][]string{},
		unique:      map[string]string{},
		logins:      map[string]string{},
		fields:      userObject.fields,
		licences:    map[string]int{},
		used:        map[string]int{},
		assigned:    map[string]struct{}{},
		holdings:    map[string][]string{},
		picklist:    standardPicklists(),
		blocked:     map[string]Refusal{},
		features:    map[string]*feature{},
		memberships: membershipLock{holders: map[*call]struct{}{}},
		pending:     map[string]string{},
		rules:       defaultRules(),
		access:      newAccess(),
		permissions: newPermissions(),
		passwords:   passwords{ofUser: map[string][]string{}, resets: map[string]int{}, minLen: 8, kept: 3},
		paging:      paging{size: maxPage, cursors: map[string]*cursor{}},
		journal:     journal{usageLimit: 100_000},
		versions:    versionRange{oldestVersion, newestVersion},
	}
	o.seed()
	var settings settings
	for _, opt := range opts {
		opt(&settings)
	}
	var err error
	if o.network, err = listen(settings, http.HandlerFunc(o.serve), o.faults.forConnection); err != nil {
		return nil, fmt.Errorf("sfprovtest: %w", err)
	}
	return o, nil
}

// seed makes what every org has: licences, profiles, and the integration user.
func (o *Org) seed() {
	for _, profile := range []struct{ name, licence string }{
		{standardProfile, "Salesforce"},
		{administratorProfile, "Salesforce"},
		{"Minimum Access - API Only Integrations", "Salesforce Integration"},
		{"Chatter Free User", "Chatter Free"},
	} {
		o.addProfile(profile.name, profile.licence)
	}
	admin := o.seedFields()
	admin["username"], admin["lastname"], admin["email"] = adminName, "Integration", adminName
	admin["profileid"] = o.profileID(administratorProfile)
	o.access.runAs = o.insertUser(admin)
	o.insert("Organization", row{
		"id": orgID, "name": "sfprovtest", "organizationtype": "Enterprise Edition", "instancename": "MEM1", "issandbox": false,
		"defaultlocalesidkey": "en_US", "timezonesidkey": "America/Los_Angeles", "languagelocalekey": "en_US", "fiscalyearstartmonth": 1,
	})
	for _, records := range o.rows { // what was there before the first user is that user's, too
		for _, record := range records {
			for _, by := range []string{"createdbyid", "lastmodifiedbyid"} {
				if value, given := record[by]; given && value == "" {
					record[by] = o.access.runAs
				}
			}
		}
	}
}

// Close stops the org: its connections are closed, and nothing of it runs when
// Close returns. Calling it again does nothing.
func (o *Org) Close() {
	o.mu.Lock()
	select {
	case <-o.closing:
		o.mu.Unlock()
		return
	default:
		close(o.closing)
	}
	o.mu.Unlock()
	o.network.close()
	o.late.Wait()
}

// URL is the org's base URL, without a trailing slash.
func (o *Org) URL() string { return o.network.url }

// Client is an HTTP client that reaches the org, whatever its network, and
// trusts its certificate. It is always the same one; Close closes its
// connections.
func (o *Org) Client() *http.Client { return o.network.client }

// Config is a configuration that provisions into the org: its domain, the
// credentials for every grant, so that a test only sets GrantType, and the
// Defaults that a user can't be created without, a valid profile among them.
//
// In an org with [WithTLS] or [WithInMemoryNetwork], sfprov.New needs the org's
// client too: sfprov.WithHTTPClient(org.Client()).
func (o *Org) Config() sfprov.Config {
	o.mu.Lock()
	defer o.mu.Unlock()
	return sfprov.Config{
		Domain:       o.network.url,
		ClientID:     clientID,
		ClientSecret: clientSecret,
		Username:     adminName,
		Password:     password,
		PrivateKey:   sfprov.Secret(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(signingKey())})),
		Audience:     defaultAudience,
		Defaults: sfprov.Fields{
			"ProfileId":         o.profileID(standardProfile),
			"TimeZoneSidKey":    "America/Los_Angeles",
			"LocaleSidKey":      "en_US",
			"EmailEncodingKey":  "UTF-8",
			"LanguageLocaleKey": "en_US",
		},
	}
}

// signingKey is made once for the process, because it takes a while; like the
// other credentials it opens nothing but these orgs.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey { //nolint:gochecknoglobals // a constant that takes a while to compute
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return key
})

// FastForward moves the org's clock ahead, so that sessions expire without
// waiting. In a testing/synctest bubble, the bubble's clock rules.
func (o *Org) FastForward(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.offset += d
}

// now is the org's time, to the second as Salesforce keeps it. The lock is held.
func (o *Org) now() time.Time { return time.Now().Add(o.offset).UTC() }
