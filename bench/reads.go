package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/sfprov/sfprov"
)

// queriesInOne is how many queries a composite request may hold, and longestQuery how
// long one is in a URL, with room for what is before the list of values.
const (
	queriesInOne = 5
	longestQuery = 15_800
)

// columns are what a comparison reads.
const columns = "Id, Username, IsActive, Department, Email, EmployeeNumber, FederationIdentifier, FirstName, LastName, ProfileId, Title"

// row is a user as the limit reads it.
type row struct {
	ID                   string `json:"Id"`
	Username             string
	IsActive             bool
	Department           string
	Email                string
	EmployeeNumber       string
	FederationIdentifier string
	FirstName            string
	LastName             string
	ProfileID            string `json:"ProfileId"`
	Title                string
}

type page struct {
	Done           bool   `json:"done"`
	NextRecordsURL string `json:"nextRecordsUrl"`
	Records        []row  `json:"records"`
}

// read reads users by their match values, with as few requests as that takes, and
// calls found for each.
func (p *plain) read(values []string, parallel int, found func(row)) error {
	var queries []string
	var list strings.Builder
	flush := func() {
		if list.Len() > 0 {
			queries = append(queries, "SELECT "+columns+" FROM User WHERE FederationIdentifier IN ("+list.String()+")")
		}
		list.Reset()
	}
	for _, value := range values {
		if list.Len()+len(value)+3 > longestQuery {
			flush()
		}
		if list.Len() > 0 {
			list.WriteByte(',')
		}
		list.WriteString("'" + value + "'")
	}
	flush()
	var requests [][]string
	for len(queries) > 0 {
		n := min(queriesInOne, len(queries))
		requests, queries = append(requests, queries[:n]), queries[n:]
	}
	answers := make(chan []row, parallel)
	failed := make(chan error, 1)
	go func() {
		failed <- each(requests, parallel, func(some []string) error {
			rows, err := p.composite(some)
			answers <- rows
			return err
		})
		close(answers)
	}()
	for rows := range answers {
		for _, r := range rows {
			found(r)
		}
	}
	return <-failed
}

// composite sends queries in one request.
func (p *plain) composite(queries []string) ([]row, error) {
	type sub struct {
		Method string `json:"method"`
		URL    string `json:"url"`
		Ref    string `json:"referenceId"`
	}
	subs := make([]sub, len(queries))
	for i, q := range queries {
		subs[i] = sub{http.MethodGet, "/services/data/v66.0/query?q=" + strings.ReplaceAll(q, " ", "+"), fmt.Sprintf("q%d", i)}
	}
	var said struct {
		Answers []struct {
			Status int  `json:"httpStatusCode"`
			Body   page `json:"body"`
		} `json:"compositeResponse"`
	}
	if err := p.post("/services/data/v66.0/composite", map[string]any{"allOrNone": false, "compositeRequest": subs}, &said); err != nil {
		return nil, err
	}
	var rows []row
	for _, a := range said.Answers {
		if a.Status != http.StatusOK || !a.Body.Done {
			return nil, fmt.Errorf("a query was not answered")
		}
		rows = append(rows, a.Body.Records...)
	}
	return rows, nil
}

// readAll reads all users of a domain, page by page, and calls found for each.
func (p *plain) readAll(found func(row)) error {
	path := "/services/data/v66.0/query?q=" + url.QueryEscape("SELECT Id, Username, IsActive, FederationIdentifier, ProfileId FROM User WHERE Username LIKE '%@acme.com'")
	for {
		answer, err := p.send(http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		var one page
		if err := json.Unmarshal(answer, &one); err != nil {
			return err
		}
		for _, r := range one.Records {
			found(r)
		}
		if path = one.NextRecordsURL; one.Done {
			return nil
		}
	}
}

// limitPlan is the limit for plans: the same requests, eight in flight, decoded into
// structs and compared. It returns how many users differ.
func limitPlan(a announcement, n int) (int, error) {
	p, err := newPlain(a, 8)
	if err != nil {
		return 0, err
	}
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprintf("E-%d", i)
	}
	differ, known := 0, make(map[string]bool, n)
	err = p.read(values, 8, func(r row) {
		known[r.ID] = true
		u := user(0)
		for name, has := range map[string]string{
			"Department": r.Department, "FirstName": r.FirstName, "LastName": r.LastName, "Title": r.Title,
		} {
			if u.Fields[name] != has {
				differ++
			}
		}
	})
	if err == nil {
		err = p.readAll(func(r row) {
			if !known[r.ID] {
				differ++
			}
		})
	}
	p.client.CloseIdleConnections()
	return differ, err
}

// childPlan makes a plan, or what the limit of one is, and prints how many users differ,
// the peak of memory of this process in MiB, and its CPU time and wall time in
// milliseconds.
func childPlan(target string, n int, limit bool) error {
	began := time.Now()
	var differ int
	var err error
	if limit {
		differ, err = limitPlan(announcement{URL: target}, n)
	} else {
		var plan *sfprov.Plan
		if plan, err = planFor(announcement{URL: target}, n); err == nil {
			differ = len(plan.Steps)
		}
	}
	if err != nil {
		return err
	}
	memory, err := peakMemory()
	if err != nil {
		return err
	}
	fmt.Println(differ, memory, cpuTime().Milliseconds(), time.Since(began).Milliseconds())
	return nil
}

// peakMemory is the peak of this process, in MiB. It is read from /proc where there is
// one: the other counter begins with what the parent had.
func peakMemory() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		if _, rest, found := strings.Cut(string(status), "VmHWM:"); found {
			var kilobytes int64
			if _, err := fmt.Sscan(rest, &kilobytes); err == nil {
				return kilobytes / 1024, nil
			}
		}
	}
	var usage syscall.Rusage
	err = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Maxrss / 1024, err
}

// What the users of a mixed batch are: the first seven tenths are there, and of those
// each third has another title; of all, each tenth is to be inactive.
const (
	mixedDrift    = 3
	mixedInactive = 10
)

// limitMixed is the limit for a mixed batch: it reads, and then writes what differs in
// collections.
func limitMixed(a announcement, users []sfprov.User) error {
	p, err := newPlain(a, 8)
	if err != nil {
		return err
	}
	values, byValue := make([]string, len(users)), make(map[string]int, len(users))
	for i, u := range users {
		values[i], _ = u.Fields["FederationIdentifier"].(string)
		byValue[values[i]] = i
	}
	seen := make([]bool, len(users))
	var changes []map[string]any
	change := func(id, field string, value any) {
		changes = append(changes, map[string]any{"attributes": map[string]string{"type": "User"}, "id": id, field: value})
	}
	err = p.read(values, 8, func(r row) {
		i := byValue[r.FederationIdentifier]
		switch seen[i] = true; {
		case users[i].Inactive && r.IsActive:
			change(r.ID, "IsActive", false)
		case !users[i].Inactive && r.Title != users[i].Fields["Title"]:
			change(r.ID, "Title", users[i].Fields["Title"])
		}
	})
	if err != nil {
		return err
	}
	var creates []sfprov.User
	for i, u := range users {
		if !seen[i] && !u.Inactive {
			creates = append(creates, u)
		}
	}
	if err := p.writeCollections(http.MethodPatch, changes, 8); err != nil {
		return err
	}
	return limitCollections(a, creates, 8)
}

// writeCollections sends records, 200 at a time.
func (p *plain) writeCollections(method string, records []map[string]any, parallel int) error {
	var chunks [][]map[string]any
	for len(records) > 0 {
		n := min(200, len(records))
		chunks, records = append(chunks, records[:n]), records[n:]
	}
	return each(chunks, parallel, func(chunk []map[string]any) error {
		body, err := json.Marshal(map[string]any{"allOrNone": false, "records": chunk})
		if err != nil {
			return err
		}
		answer, err := p.send(method, "/services/data/v66.0/composite/sobjects", body)
		if err != nil {
			return err
		}
		var results []result
		if err := json.Unmarshal(answer, &results); err != nil {
			return err
		}
		for _, r := range results {
			if !r.Success {
				return fmt.Errorf("a record was not written")
			}
		}
		return nil
	})
}

// mixed are the users of a mixed batch.
func mixed(users []sfprov.User) []sfprov.User {
	all := make([]sfprov.User, len(users))
	for i, u := range users {
		u.Inactive = i%mixedInactive == 0
		all[i] = u
	}
	return all
}

// withAccess are users who get two permission sets and a group.
func withAccess(users []sfprov.User) []sfprov.User {
	all := make([]sfprov.User, len(users))
	for i, u := range users {
		u.Access = sfprov.Access{PermissionSets: []string{"Alpha", "Beta"}, PublicGroups: []string{"Everybody"}}
		all[i] = u
	}
	return all
}

// limitWithAccess is the limit for creates with access: a collection for the users, and
// as few as possible for what they get.
func limitWithAccess(a announcement, users []sfprov.User) error {
	if err := limitCollections(a, users, 8); err != nil {
		return err
	}
	p, err := newPlain(a, 8)
	if err != nil {
		return err
	}
	var sets, members []map[string]any
	for i := range users {
		id := userID(int64(i))
		for _, set := range []string{permissionSetID(1), permissionSetID(2)} {
			sets = append(sets, map[string]any{"attributes": map[string]string{"type": "PermissionSetAssignment"}, "AssigneeId": id, "PermissionSetId": set})
		}
		members = append(members, map[string]any{"attributes": map[string]string{"type": "GroupMember"}, "UserOrGroupId": id, "GroupId": groupID})
	}
	if err := p.writeCollections(http.MethodPost, sets, 8); err != nil {
		return err
	}
	err = p.writeCollections(http.MethodPost, members, 8)
	p.client.CloseIdleConnections()
	return err
}

// planRow is what a child process says of a plan.
type planRow struct{ differ, memory, cpu, wall int }

func (c *child) plan(n int, limit bool) (r planRow, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.CommandContext(context.Background(), self, "-role=plan", "-target="+c.URL, fmt.Sprintf("-users=%d", n), fmt.Sprintf("-limit=%v", limit)) //nolint:gosec // this program
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, err
	}
	_, err = fmt.Sscan(string(out), &r.differ, &r.memory, &r.cpu, &r.wall)
	return r, err
}

// limitDeactivations reads and deactivates each user by one composite request, as the
// library does.
func limitDeactivations(a announcement, users []sfprov.User) error {
	return limitEach(func(p *plain, i int) error {
		id := userID(int64(i))
		var said struct {
			Answers []struct {
				Status int `json:"httpStatusCode"`
			} `json:"compositeResponse"`
		}
		err := p.post("/services/data/v66.0/composite", map[string]any{"allOrNone": false, "compositeRequest": []map[string]any{
			{"method": "GET", "url": "/services/data/v66.0/query?q=" + url.QueryEscape("SELECT Id, Username, IsActive FROM User WHERE Id = '"+id+"'"), "referenceId": "q0"},
			{"method": "PATCH", "url": "/services/data/v66.0/sobjects/User/" + id, "referenceId": "w0", "body": map[string]any{"IsActive": false}},
		}}, &said)
		for _, answer := range said.Answers {
			if err == nil && answer.Status >= 300 {
				err = fmt.Errorf("answered %d", answer.Status)
			}
		}
		return err
	})(a, users)
}
