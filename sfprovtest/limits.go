package sfprovtest

import "net/http"

// otherLimits are what clients print beside the API requests. Nothing that this org does
// uses them up.
var otherLimits = map[string]int{ //nolint:gochecknoglobals // a constant table
	"ActiveScratchOrgs":                           3,
	"AnalyticsExternalDataSizeMB":                 40960,
	"ConcurrentAsyncGetReportInstances":           200,
	"ConcurrentEinsteinDataInsightsStoryCreation": 5,
	"ConcurrentEinsteinDiscoveryStoryCreation":    2,
	"ConcurrentSyncReportRuns":                    20,
	"DailyAnalyticsDataflowJobExecutions":         60,
	"DailyAnalyticsUploadedFilesSizeMB":           51200,
	"DailyAsyncApexExecutions":                    250000,
	"DailyAsyncApexTests":                         500,
	"DailyBulkApiBatches":                         15000,
	"DailyBulkV2QueryFileStorageMB":               976562,
	"DailyBulkV2QueryJobs":                        10000,
	"DailyDeliveredPlatformEvents":                10000,
	"DailyDurableGenericStreamingApiEvents":       10000,
	"DailyDurableStreamingApiEvents":              10000,
	"DailyFunctionsApiCallLimit":                  235000,
	"DailyGenericStreamingApiEvents":              10000,
	"DailyScratchOrgs":                            6,
	"DailyStandardVolumePlatformEvents":           10000,
	"DailyStreamingApiEvents":                     10000,
	"DailyWorkflowEmails":                         1000,
	"DataStorageMB":                               1024,
	"DurableStreamingApiConcurrentClients":        20,
	"FileStorageMB":                               1024,
	"HourlyAsyncReportRuns":                       1200,
	"HourlyDashboardRefreshes":                    200,
	"HourlyDashboardResults":                      5000,
	"HourlyDashboardStatuses":                     999999999,
	"HourlyLongTermIdMapping":                     100000,
	"HourlyManagedContentPublicRequests":          50000,
	"HourlyODataCallout":                          20000,
	"HourlyPublishedPlatformEvents":               50000,
	"HourlyPublishedStandardVolumePlatformEvents": 1000,
	"HourlyShortTermIdMapping":                    100000,
	"HourlySyncReportRuns":                        500,
	"HourlyTimeBasedWorkflow":                     1000,
	"MassEmail":                                   5000,
	"MonthlyEinsteinDiscoveryStoryCreation":       500,
	"MonthlyPlatformEventsUsageEntitlement":       0,
	"Package2VersionCreates":                      6,
	"Package2VersionCreatesWithoutValidation":     500,
	"SingleEmail":                                 5000,
	"StreamingApiConcurrentClients":               20,
}

// limits is /limits.
func (o *Org) limits(c *call) (answer, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return answer{}, methodNotAllowed(c.method, "HEAD,GET")
	}
	if err := o.mayRead(ViewSetup); err != nil {
		return answer{}, err
	}
	limit := func(most, remaining int) map[string]any { return map[string]any{"Max": most, "Remaining": remaining} }
	all := map[string]any{"DailyApiRequests": limit(o.journal.usageLimit, o.journal.usageLimit-o.journal.usageUsed)}
	for name, most := range otherLimits {
		all[name] = limit(most, most)
	}
	sets := limit(1500, 1500)
	sets["CreateCustom"] = limit(1000, 1000)
	all["PermissionSets"] = sets
	return jsonAnswer(http.StatusOK, all), nil
}
