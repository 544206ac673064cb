package sfprovtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// The API versions that an org has: older ones are retired, newer ones unknown.
const (
	oldestVersion = 31
	newestVersion = 68
)

// SetAPIVersions sets the oldest and the newest API version that the org has, such as 31
// and 68, the default.
func (o *Org) SetAPIVersions(oldest, newest int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.versions = versionRange{oldest, newest}
}

// versionRange is which API versions there are.
type versionRange struct{ oldest, newest int }

// list is /services/data, which takes no token and costs nothing.
func (r versionRange) list(c *call) answer {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return refuse(methodNotAllowed(c.method, "HEAD,GET"))
	}
	var list []map[string]string
	for v := r.oldest; v <= r.newest; v++ {
		list = append(list, map[string]string{
			"label": release(v), "url": fmt.Sprintf("/services/data/v%d.0", v), "version": fmt.Sprintf("%d.0", v),
		})
	}
	return jsonAnswer(http.StatusOK, list)
}

// release is the name of the release that brought a version: 60 is Spring '24.
func release(version int) string {
	seasons := [3]string{"Spring", "Summer", "Winter"}
	n := version - 60 + 3*100 // keeps the division positive
	season := n % 3
	year := 24 + n/3 - 100
	if season == 2 {
		year++
	}
	return fmt.Sprintf("%s '%d", seasons[season], year)
}

// check refuses versions that the org doesn't have.
func (r versionRange) check(version string) error {
	number, minor, _ := strings.Cut(version, ".")
	v, err := strconv.Atoi(number)
	switch {
	case err != nil || minor != "0" || v > r.newest:
		return notFound()
	case v < r.oldest:
		return Refusal{Status: http.StatusGone, Code: "UNSUPPORTED_API_VERSION", Message: "The requested API version " + version + " is retired"}
	}
	return nil
}

// olderThan reports whether a request is of an API version before another.
func olderThan(c *call, version int) bool {
	number, _, _ := strings.Cut(c.version, ".")
	v, err := strconv.Atoi(number)
	return err == nil && v < version
}

// resources is the root of a version.
func (o *Org) resources(c *call) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	base := "/services/data/v" + c.version
	return jsonAnswer(http.StatusOK, map[string]string{
		"limits": base + "/limits", "query": base + "/query", "queryAll": base + "/queryAll", "sobjects": base + "/sobjects",
		"composite": base + "/composite",
		"identity":  o.identityURL(o.access.runAs),
	}), nil
}
