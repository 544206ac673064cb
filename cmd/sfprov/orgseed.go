package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// department is a part of the made-up company, and what its people have.
type department struct {
	name, profile, role, set, group string
	titles                          []string // the first is that of who leads it
}

var departments = []department{ //nolint:gochecknoglobals // a constant table
	{"Sales", "Sales User", "Sales", "Opportunity Approval", "All Sales", []string{"VP Sales", "Account Executive", "Sales Engineer", "Sales Manager"}},
	{"Customer Support", "Support User", "Customer Support", "Case Escalation", "All Support", []string{"Head of Support", "Support Engineer", "Team Lead", "Support Agent"}},
	{"Marketing", "Standard User", "Marketing", "Campaign Builder", "All Marketing", []string{"CMO", "Campaign Manager", "Content Editor", "Analyst"}},
	{"Finance", "Standard User", "Finance", "Report Builder", "", []string{"CFO", "Controller", "Accountant", "Payroll Specialist"}},
	{"Human Resources", "Standard User", "Human Resources", "", "", []string{"Head of HR", "Recruiter", "HR Partner"}},
	{"Engineering", "Chatter Free User", "", "", "All Engineering", []string{"CTO", "Software Engineer", "Product Manager", "Site Reliability Engineer"}},
}

// office is a place of work, and the settings that follow from it.
type office struct{ city, country, timeZone, locale, language string }

var offices = []office{ //nolint:gochecknoglobals // a constant table
	{"San Francisco", "United States", "America/Los_Angeles", "en_US", "en_US"},
	{"New York", "United States", "America/New_York", "en_US", "en_US"},
	{"Dublin", "Ireland", "Europe/Dublin", "en_IE", "en_US"},
	{"Paris", "France", "Europe/Paris", "fr_FR", "fr"},
	{"Berlin", "Germany", "Europe/Berlin", "de_DE", "de"},
	{"Colombo", "Sri Lanka", "Asia/Colombo", "en_GB", "en_US"},
	{"Tokyo", "Japan", "Asia/Tokyo", "ja_JP", "ja"},
}

// personName is a name, and how addresses spell it.
type personName struct{ shown, plain string }

var firstNames = []personName{ //nolint:gochecknoglobals // a constant table
	{"Alice", "alice"},
	{"Amara", "amara"},
	{"Andrés", "andres"},
	{"Björn", "bjorn"},
	{"Chen", "chen"},
	{"Chiara", "chiara"},
	{"Daniel", "daniel"},
	{"Dilani", "dilani"},
	{"Élise", "elise"},
	{"Emma", "emma"},
	{"Fatima", "fatima"},
	{"George", "george"},
	{"Hana", "hana"},
	{"Ibrahim", "ibrahim"},
	{"Ines", "ines"},
	{"Jonas", "jonas"},
	{"José", "jose"},
	{"Kenji", "kenji"},
	{"Liam", "liam"},
	{"Łucja", "lucja"},
	{"Maya", "maya"},
	{"Nimal", "nimal"},
	{"Noah", "noah"},
	{"Olga", "olga"},
	{"Priya", "priya"},
	{"Quentin", "quentin"},
	{"Ruth", "ruth"},
	{"Sofia", "sofia"},
	{"Tomás", "tomas"},
	{"Zoë", "zoe"},
}

var lastNames = []personName{ //nolint:gochecknoglobals // a constant table
	{"Adams", "adams"},
	{"Bauer", "bauer"},
	{"Çelik", "celik"},
	{"de Silva", "desilva"},
	{"Dubois", "dubois"},
	{"Evans", "evans"},
	{"Fernando", "fernando"},
	{"García", "garcia"},
	{"Haddad", "haddad"},
	{"Ito", "ito"},
	{"Jones", "jones"},
	{"Kowalski", "kowalski"},
	{"Larsen", "larsen"},
	{"Müller", "mueller"},
	{"Nakamura", "nakamura"},
	{"O'Brien", "obrien"},
	{"Patel", "patel"},
	{"Perera", "perera"},
	{"Rossi", "rossi"},
	{"Sato", "sato"},
	{"Silva", "silva"},
	{"Smith", "smith"},
	{"Tanaka", "tanaka"},
	{"van Dijk", "vandijk"},
	{"Wang", "wang"},
	{"Weber", "weber"},
	{"Williams", "williams"},
	{"Zimmermann", "zimmermann"},
}

// How many of a hundred users are not like the others.
const (
	percentInactive = 8
	percentFrozen   = 3
	percentExtra    = 20 // have more than their department gives
)

// seeding fills an org with a made-up company. The same seed makes the same users,
// with the same IDs.
type seeding struct {
	org     *sfprovtest.Org
	random  *rand.Rand
	access  map[string]string // IDs of roles, permission sets and groups, by kind and name
	leaders map[string]string // IDs of users, by department
	names   map[string]int    // how many have had a name before
}

// seedOrg makes this many users, and what they are given.
func seedOrg(org *sfprovtest.Org, users int, seed uint64) {
	s := &seeding{
		org: org, random: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // repeatable, not secret
		access: map[string]string{}, leaders: map[string]string{}, names: map[string]int{},
	}
	s.addAccess()
	for n := range users {
		s.addUser(n)
	}
}

// addAccess makes what users can be given.
func (s *seeding) addAccess() {
	s.org.AddProfile("Sales User", "Salesforce")
	s.org.AddProfile("Support User", "Salesforce")
	top := s.org.AddRole("CEO", "")
	for _, d := range departments {
		if d.role != "" {
			s.access["role "+d.role] = s.org.AddRole(d.role, top)
		}
		if d.set != "" {
			s.access["set "+d.set] = s.org.AddPermissionSet(d.set, "")
		}
		if d.group != "" {
			s.access["group "+d.group] = s.org.AddGroup(d.group)
		}
	}
	s.access["extra"] = s.org.AddPermissionSetGroup("Project Leads")
	s.org.AddQueue("Unassigned Cases")
}

// addUser makes the user with this number, from 0.
func (s *seeding) addUser(n int) {
	d := departments[n%len(departments)]
	if n >= len(departments) {
		d = pick(s.random, departments)
	}
	_, led := s.leaders[d.name]
	active := !led || s.random.IntN(100) >= percentInactive
	id := s.org.AddUser(s.fields(n, d, active))
	if !led {
		s.leaders[d.name] = id
	}
	s.grant(id, d, active)
}

func (s *seeding) fields(n int, d department, active bool) sfprov.Fields {
	first, last, at := pick(s.random, firstNames), pick(s.random, lastNames), pick(s.random, offices)
	address := first.plain + "." + last.plain
	if s.names[address]++; s.names[address] > 1 {
		address = fmt.Sprintf("%s%d", address, s.names[address])
	}
	title := d.titles[0]
	leader, led := s.leaders[d.name]
	if led {
		title = pick(s.random, d.titles[1:])
	}
	fields := sfprov.Fields{
		"Username": address + "@acme.example.com", "Email": address + "@example.com",
		"FirstName": first.shown, "LastName": last.shown, "Alias": fmt.Sprintf("%.2s%05d", first.plain, n%100_000),
		"Title": title, "Department": d.name, "CompanyName": "Acme (made up)", "ProfileId": s.org.ProfileID(d.profile),
		"EmployeeNumber": fmt.Sprintf("E-%05d", n+1), "FederationIdentifier": fmt.Sprintf("E-%05d", n+1),
		"City": at.city, "Country": at.country,
		"TimeZoneSidKey": at.timeZone, "LocaleSidKey": at.locale, "LanguageLocaleKey": at.language, "EmailEncodingKey": "UTF-8",
		"IsActive":    active,
		"CreatedDate": time.Date(2020, 1, 6, 9, 0, 0, 0, time.UTC).AddDate(0, 0, s.random.IntN(5*365)),
	}
	if led {
		fields["ManagerId"] = leader
	}
	if role := s.access["role "+d.role]; role != "" {
		fields["UserRoleId"] = role
	}
	return fields
}

// grant gives a user what the department has, and some of them more.
func (s *seeding) grant(id string, d department, active bool) {
	frozen, extra := s.random.IntN(100) < percentFrozen, s.random.IntN(100) < percentExtra
	if set := s.access["set "+d.set]; set != "" {
		s.org.Grant(id, set)
	}
	if group := s.access["group "+d.group]; group != "" {
		s.org.Grant(id, group)
	}
	if extra && d.profile != "Chatter Free User" {
		s.org.Grant(id, s.access["extra"])
	}
	if frozen && active {
		s.org.Freeze(id, true)
	}
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }
