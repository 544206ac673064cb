package sfprovtest

import "net/http"

// limits is /limits.
func (o *Org) limits(c *call) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	if err := o.mayRead(ViewSetup); err != nil {
		return answer{}, err
	}
	limit := func(most, remaining int) map[string]int { return map[string]int{"Max": most, "Remaining": remaining} }
	return jsonAnswer(http.StatusOK, map[string]any{
		"DailyApiRequests":    limit(o.journal.usageLimit, o.journal.usageLimit-o.journal.usageUsed),
		"DailyBulkApiBatches": limit(15000, 15000),
		"DataStorageMB":       limit(1024, 1024),
		"FileStorageMB":       limit(1024, 1024),
		"SingleEmail":         limit(5000, 5000),
	}), nil
}
