package sfprovtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// batchBody is the body of a batch.
type batchBody struct {
	HaltOnError   bool           `json:"haltOnError"`
	BatchRequests []batchRequest `json:"batchRequests"`
}

type batchRequest struct {
	Method     string          `json:"method"`
	URL        string          `json:"url"`
	RichInput  json.RawMessage `json:"richInput,omitempty"`
	PartName   string          `json:"binaryPartName,omitempty"`
	PartsAlias string          `json:"binaryPartNameAlias,omitempty"`
}

// batch is POST /composite/batch: up to 25 requests in one, which counts as one and
// knows no references and no rollback. Controls are asked about each, as about those of
// a composite.
func (o *Org) batch(c *call) (answer, error) {
	if c.method != http.MethodPost {
		return answer{}, methodNotAllowed(c.method, "POST")
	}
	var body batchBody
	if err := json.Unmarshal(c.body, &body); err != nil {
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: "JSON_PARSER_ERROR", Message: "The HTTP entity body is not a valid JSON object at [line:1, column:1]"}
	}
	switch n := len(body.BatchRequests); {
	case n == 0:
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: "REQUIRED_FIELD_MISSING", Message: "At least 1 subrequest is required"}
	case n > maxSubrequests:
		return answer{}, Refusal{Status: http.StatusBadRequest, Code: "LIMIT_EXCEEDED", Message: fmt.Sprintf("A batch takes %d subrequests", maxSubrequests)}
	}
	work := &transaction{}
	results, failures := make([]any, len(body.BatchRequests)), false
	for i, request := range body.BatchRequests {
		a := refuse(Refusal{Status: http.StatusPreconditionFailed, Code: "BATCH_PROCESSING_HALTED", Message: "Batch processing halted per request"})
		if !failures || !body.HaltOnError {
			var err error
			a, err = o.batched(c, work, i, request)
			if err != nil {
				return o.abort(c, work, err)
			}
		}
		failures = failures || a.status >= http.StatusMultipleChoices
		results[i] = map[string]any{"statusCode": a.status, "result": bodyOf(a)}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"hasErrors": failures, "results": results}), nil
}

// batched makes one of the requests. The error is of a fault that ends all.
func (o *Org) batched(c *call, work *transaction, i int, request batchRequest) (answer, error) {
	if request.PartName != "" || request.PartsAlias != "" {
		return refuse(unsupported("binary parts of batches")), nil
	}
	target := "/" + strings.TrimPrefix(request.URL, "/")
	if !strings.HasPrefix(target, "/services/data/") {
		target = "/services/data" + target
	}
	a, err := o.subrequest(c, work, i, subrequest{Method: request.Method, URL: target, Body: request.RichInput}, nil)
	if refusal := (Refusal{}); errors.As(err, &refusal) {
		return refuse(refusal), nil
	}
	return a, err
}
