package sfprov

import (
	"strconv"
	"strings"
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
