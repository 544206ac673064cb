package sfprov

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// APIUsage is how much of the org's API requests of the last 24 hours is spent,
// by all its clients together.
type APIUsage struct {
	Used  int
	Limit int // 0 if Salesforce has not told yet
}

// parseLimitInfo reads the Sforce-Limit-Info header: "api-usage=18/5000", with
// further parts after semicolons. See "Limit Info Header" in the REST API
// Developer Guide.
func parseLimitInfo(header string) (APIUsage, bool) {
	for part := range strings.SplitSeq(header, ";") {
		spent, isUsage := strings.CutPrefix(strings.TrimSpace(part), "api-usage=")
		used, limit, isRatio := strings.Cut(spent, "/")
		if !isUsage || !isRatio {
			continue
		}
		usedNumber, err := strconv.Atoi(used)
		limitNumber, err2 := strconv.Atoi(limit)
		if err == nil && err2 == nil && usedNumber >= 0 && limitNumber > 0 {
			return APIUsage{Used: usedNumber, Limit: limitNumber}, true
		}
	}
	return APIUsage{}, false
}

const (
	// quotaTTL is how long Salesforce's last word on the usage holds. Then one call
	// may go through to hear it anew: requests older than 24 hours drop out of the
	// count, and others may have spent less than feared.
	quotaTTL = 5 * time.Minute
	// overtaken is how long answers can overtake each other.
	overtaken = time.Minute
	// dailyPause is when to come back after the daily limit: it is counted over
	// the last 24 hours, so some of it is free again after an hour.
	dailyPause = time.Hour
	// dailyPauseLeast is the shortest pause that is believed to end the daily limit.
	dailyPauseLeast = 5 * time.Minute
)

// WithAPIReserve leaves a part of the org's daily API requests to others: 0.1
// stops at 90 %. From there on, calls fail with [ErrRequestLimit] before anything
// is sent; what a call has begun it ends. Every five minutes one call is let
// through, to hear from Salesforce where the count stands. The count is the org's
// own, as its last answer told, so other clients' requests count too. The default
// is 0: only Salesforce itself refuses. fraction is from 0 to below 1.
func WithAPIReserve(fraction float64) Option {
	return func(o *options) {
		if !(fraction >= 0 && fraction < 1) { // NaN is neither
			o.problems = append(o.problems, &ConfigError{Field: "WithAPIReserve", Problem: fmt.Sprintf("is given %v; it takes a fraction from 0 to below 1, such as 0.1", fraction)})
		}
		o.reserve = fraction
	}
}

// quota is what is known of the daily limit.
type quota struct {
	reserve float64

	mu    sync.Mutex
	usage APIUsage
	at    time.Time // when Salesforce told
	asked time.Time // when a call was let through to hear anew
}

// told notes what an answer said. Answers overtake each other: a count that is
// lower than one heard just before is taken for an older one.
func (q *quota) told(u APIUsage) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if u.Limit == q.usage.Limit && u.Used < q.usage.Used && now.Sub(q.at) < overtaken {
		return
	}
	q.usage, q.at = u, now
}

func (q *quota) last() APIUsage {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.usage
}

// admit reports whether a call may begin while others are under way.
func (q *quota) admit(underWay int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	allowed := int(float64(q.usage.Limit) * (1 - q.reserve))
	if q.reserve == 0 || q.usage.Limit == 0 || q.usage.Used+underWay < allowed {
		return nil
	}
	now, next := time.Now(), q.at.Add(quotaTTL)
	if again := q.asked.Add(quotaTTL); again.After(next) {
		next = again
	}
	if !now.Before(next) {
		q.asked = now // this call asks for all
		return nil
	}
	return &reserveError{usage: q.usage, reserve: q.reserve, pause: next.Sub(now)}
}
