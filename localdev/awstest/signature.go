package awstest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// authorization matches the header of Signature Version 4 (AWS General Reference,
// "Signing AWS API requests").
var authorization = regexp.MustCompile(
	`^AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}$`)

// checkSignature checks the form of a signature, its key, its region and its
// service. It returns the code of AWS's error, or "". It does not compute the
// signature, because that would only test the SDK.
func checkSignature(r *http.Request, service string) string {
	m := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return "MissingAuthenticationTokenException"
	}
	key, date, region, name, signed := m[1], m[2], m[3], m[4], strings.Split(m[5], ";")
	if key != accessKey || r.Header.Get("X-Amz-Security-Token") != sessionToken {
		return "UnrecognizedClientException"
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || at.Format("20060102") != date || time.Since(at).Abs() > 5*time.Minute {
		return "RequestExpired"
	}
	if region != Region || name != service || !containsAll(signed, "host", "x-amz-date", "x-amz-security-token") {
		return "InvalidSignatureException"
	}
	return ""
}

func containsAll(list []string, names ...string) bool {
	for _, name := range names {
		if !slices.Contains(list, name) {
			return false
		}
	}
	return true
}
