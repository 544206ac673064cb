// Bench compares sfprov with plain net/http, with the best settings we know (the
// limit), and with github.com/k-capehart/go-salesforce/v3, in one run against one
// server in another process, which answers with a latency, a cost for each record and
// one for each connection, over TLS or not.
//
//	go run .           # all, some minutes
//	go run . -users 1000 -plans 10000
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/sfprov/sfprov"
)

func main() {
	k := knobs{}
	flag.DurationVar(&k.latency, "latency", 20*time.Millisecond, "of each answer")
	flag.DurationVar(&k.record, "record", 5*time.Millisecond, "server work for each record that is written")
	flag.DurationVar(&k.connect, "connect", 2*time.Millisecond, "cost of each connection")
	users := flag.Int("users", 10_000, "users of the collections, and of the reconciliation")
	single := flag.Int("single", 4_000, "users of the single creates")
	rounds := flag.Int("rounds", 3, "how often each is run; the median counts")
	plans := flag.String("plans", "10000,100000,1000000", "sizes of the plans of which 1 % differs")
	role := flag.String("role", "", "of this process: server, plan; empty runs the benchmarks")
	target := flag.String("target", "", "for a plan: the server")
	limit := flag.Bool("limit", false, "for a plan: what plain net/http does")
	flag.BoolVar(&k.tls, "tls", false, "for a server")
	flag.Parse()
	var err error
	switch *role {
	case "server":
		done := make(chan struct{})
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // until the parent ends
			close(done)
		}()
		err = serve(k, json.NewEncoder(os.Stdout), done)
	case "plan":
		err = childPlan(*target, *users, *limit)
	default:
		err = benchmarks(k, *users, *single, *rounds, *plans)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func benchmarks(k knobs, users, single, rounds int, plans string) error {
	fmt.Printf("%s, %d cores; latency %v, %v for each record written, %v for each connection\n\n", runtime.Version(), runtime.GOMAXPROCS(0), k.latency, k.record, k.connect)
	plainServer, err := start(k)
	if err != nil {
		return err
	}
	defer plainServer.stop()
	k.tls = true
	tlsServer, err := start(k)
	if err != nil {
		return err
	}
	defer tlsServer.stop()
	err = compare(fmt.Sprintf("%d creates, collections of 200, 8 in flight", users), plainServer, users, rounds, []contender{
		{"limit", func(a announcement, u []sfprov.User) error { return limitCollections(a, u, 8) }, nobody},
		{"sfprov EnsureAll", func(a announcement, u []sfprov.User) error { return ensureAll(a, u, 8) }, nobody},
		{"go-salesforce InsertCollection", func(a announcement, u []sfprov.User) error { return insertCollection(a, u, 1) }, nobody},
	})
	if err != nil {
		return err
	}
	err = compare(fmt.Sprintf("%d creates with two permission sets and a group", users), plainServer, users, rounds, []contender{
		{"limit", limitWithAccess, nobody},
		{"sfprov EnsureAll", func(a announcement, u []sfprov.User) error { return ensureAll(a, withAccess(u), 8) }, nobody},
	})
	if err != nil {
		return err
	}
	some := func(n int) (there, drift int) { return n * 7 / 10, mixedDrift }
	err = compare(fmt.Sprintf("%d users mixed: 7 of 10 are there, a third of them differs, each tenth leaves", users), plainServer, users, rounds, []contender{
		{"limit", func(a announcement, u []sfprov.User) error { return limitMixed(a, mixed(u)) }, some},
		{"sfprov EnsureAll", func(a announcement, u []sfprov.User) error { return ensureAll(a, mixed(u), 8) }, some},
	})
	if err != nil {
		return err
	}
	err = compare(fmt.Sprintf("%d single creates, 32 workers, TLS", single), tlsServer, single, rounds, []contender{
		{"limit", func(a announcement, u []sfprov.User) error { return limitSingle(a, u, 32) }, nobody},
		{"sfprov Create", func(a announcement, u []sfprov.User) error { return createEach(a, u, 32) }, nobody},
	})
	if err != nil {
		return err
	}
	for _, verb := range []struct {
		title       string
		limit, ours func(announcement, []sfprov.User) error
	}{
		{"updates", limitPatches("Title", "CFO"), oursEach((*sfprov.Provisioner).Update)},
		{"deactivations", limitDeactivations, oursEach(deactivate)},
		{"Ensure with nothing to do", limitReads, oursEach(ensure)},
	} {
		err := compare(fmt.Sprintf("%d %s, one by one, 32 workers, TLS", single, verb.title), tlsServer, single, rounds, []contender{
			{"limit", verb.limit, everybody}, {"sfprov", verb.ours, everybody},
		})
		if err != nil {
			return err
		}
	}
	return planTable(plainServer, users, plans)
}

// child is the server's process.
type child struct {
	announcement

	process *exec.Cmd
	stdin   io.Closer
}

// start starts a server in a process of its own.
func start(k knobs) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), self, "-role=server", "-latency="+k.latency.String(), "-record="+k.record.String(), "-connect="+k.connect.String(), fmt.Sprintf("-tls=%v", k.tls)) //nolint:gosec // this program
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{process: cmd, stdin: stdin}
	return c, json.NewDecoder(bufio.NewReader(stdout)).Decode(&c.announcement)
}

func (c *child) stop() {
	_ = c.stdin.Close()  // the server ends by that
	_ = c.process.Wait() // and its exit code says nothing
}

// control sets what the server holds, and reads its counters.
func (c *child) control(users, drift int) (s stats, err error) {
	client := httpClient(c.announcement, 1)
	defer client.CloseIdleConnections()
	resp, err := client.Get(fmt.Sprintf("%s/control?users=%d&drift=%d", c.URL, users, drift)) //nolint:noctx // a benchmark
	if err != nil {
		return stats{}, err
	}
	defer func() { _ = resp.Body.Close() }() // read to the end
	if resp.StatusCode != http.StatusOK {
		return stats{}, fmt.Errorf("the server answered %d", resp.StatusCode)
	}
	return s, json.NewDecoder(resp.Body).Decode(&s)
}

// contender is one way of creating users.
type contender struct {
	name string
	run  func(announcement, []sfprov.User) error
	// org is how many users there are before, and which of them differ.
	org func(n int) (there, drift int)
}

func nobody(int) (there, drift int) { return 0, 0 }

func everybody(n int) (there, drift int) { return n + firstThere, 0 }

// measured is what a run cost.
type measured struct {
	wall, cpu     time.Duration
	stats         stats
	allocs, bytes float64 // for each user
}

// compare runs the contenders in turn, and prints a table with the medians by wall
// time, and the ratios to the first.
func compare(title string, c *child, n, rounds int, contenders []contender) error {
	users := make([]sfprov.User, n)
	for i := range users {
		users[i] = user(i)
	}
	runs := make([][]measured, len(contenders))
	for range rounds {
		for i, contender := range contenders {
			m, err := measure(c, users, contender)
			if err != nil {
				return fmt.Errorf("%s: %w", contender.name, err)
			}
			runs[i] = append(runs[i], m)
		}
	}
	fmt.Println(title)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "\twall\tratio\trequests\tlogins\tconnections\tCPU\tratio\tallocs/user\tratio\tbytes/user\tratio\t")
	limit := median(runs[0])
	for i, contender := range contenders {
		m := median(runs[i])
		_, _ = fmt.Fprintf(w, "%s\t%.2fs\t%.2f\t%d\t%d\t%d\t%.2fs\t%.2f\t%.1f\t%.2f\t%.0f\t%.2f\t\n", contender.name,
			m.wall.Seconds(), m.wall.Seconds()/limit.wall.Seconds(), m.stats.Requests, m.stats.Logins, m.stats.Connections,
			m.cpu.Seconds(), m.cpu.Seconds()/limit.cpu.Seconds(), m.allocs, m.allocs/limit.allocs, m.bytes, m.bytes/limit.bytes)
	}
	_ = w.Flush() // to the terminal
	fmt.Println()
	return nil
}

func median(runs []measured) measured {
	best := runs[0]
	for _, m := range runs {
		slower := 0
		for _, other := range runs {
			if other.wall < m.wall {
				slower++
			}
		}
		if slower == len(runs)/2 {
			best = m
		}
	}
	return best
}

func measure(c *child, users []sfprov.User, contender contender) (measured, error) {
	if _, err := c.control(contender.org(len(users))); err != nil {
		return measured{}, err
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, began := cpuTime(), time.Now()
	if err := contender.run(c.announcement, users); err != nil {
		return measured{}, err
	}
	m := measured{wall: time.Since(began), cpu: cpuTime() - cpu}
	runtime.ReadMemStats(&after)
	m.allocs = float64(after.Mallocs-before.Mallocs) / float64(len(users))
	m.bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(len(users))
	var err error
	m.stats, err = c.control(0, 0)
	m.stats.Connections-- // its own
	return m, err
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// planTable makes plans, each in a process of its own, with the limit beside, and prints
// their peaks of memory.
func planTable(c *child, users int, sizes string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "plan for users\tdiffer\twall\tratio\tAPI calls\tlimit's\tCPU\tratio\tpeak memory\tlimit's\t")
	row := func(n, drift int) error {
		if _, err := c.control(n, drift); err != nil {
			return err
		}
		limit, err := c.plan(n, true)
		if err != nil {
			return err
		}
		limitSeen, err := c.control(n, drift)
		if err != nil {
			return err
		}
		ours, err := c.plan(n, false)
		if err != nil {
			return err
		}
		seen, err := c.control(0, 0)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(w, "%d\t%d\t%.2fs\t%.2f\t%d\t%d\t%.2fs\t%.2f\t%d MiB\t%d MiB\t\n", n, ours.differ,
			float64(ours.wall)/1000, float64(ours.wall)/float64(limit.wall), seen.Requests, limitSeen.Requests,
			float64(ours.cpu)/1000, float64(ours.cpu)/float64(limit.cpu), ours.memory, limit.memory)
		return nil
	}
	if err := row(users, 0); err != nil {
		return err
	}
	for size := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil {
			return err
		}
		if err := row(n, 100); err != nil {
			return err
		}
	}
	return w.Flush()
}
