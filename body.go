package sfprov

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// readBody reads a body, up to a limit, as plain JSON or whatever it is: without
// the compression that net/http has left, because it had not asked for it, and
// without a byte order mark. A declared charset means nothing: JSON is UTF-8.
func readBody(resp *http.Response, limit int) (body []byte, tooLong bool, err error) {
	body, tooLong, err = readUpTo(resp.Body, limit)
	if strings.HasSuffix(strings.ToLower(resp.Header.Get("Content-Encoding")), "gzip") && bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		unpacked, gzipErr := gzip.NewReader(bytes.NewReader(body))
		if gzipErr != nil {
			return nil, tooLong, gzipErr
		}
		var more bool
		body, more, gzipErr = readUpTo(unpacked, limit)
		tooLong = tooLong || more
		if err == nil {
			err = gzipErr
		}
	}
	return bytes.TrimPrefix(body, []byte("\ufeff")), tooLong, err
}

// readUpTo reads to the end or the limit, and reports whether there would be more.
func readUpTo(r io.Reader, limit int) (read []byte, more bool, err error) {
	read, err = io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(read) > limit {
		return read[:limit], true, err
	}
	return read, false, err
}
