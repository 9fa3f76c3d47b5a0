package gateway

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/aws/aws-lambda-go/events"
)

// writeResponse sends a function's response to the client. If API Gateway could not
// send it, writeResponse writes nothing and returns an error.
func writeResponse(w http.ResponseWriter, resp events.APIGatewayV2HTTPResponse) error {
	if resp.StatusCode < 200 || resp.StatusCode > 599 {
		return fmt.Errorf("statusCode is %d and must be in 200..599", resp.StatusCode)
	}
	body := []byte(resp.Body)
	if resp.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(resp.Body)
		if err != nil {
			return fmt.Errorf("isBase64Encoded is true and body is not base64: %w", err)
		}
		body = decoded
	}
	h := w.Header()
	for name, value := range resp.Headers { // multiValueHeaders belongs to payload format 1.0; API Gateway ignores it
		h.Set(name, value)
	}
	for _, name := range []string{"Connection", "Content-Length", "Transfer-Encoding"} {
		h.Del(name)
	}
	for _, c := range resp.Cookies {
		h.Add("Set-Cookie", c)
	}
	if resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified {
		w.WriteHeader(resp.StatusCode)
		return nil
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/plain; charset=utf-8") // API Gateway's default for every body
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(body) // an error means that the client has gone
	return nil
}

// writeError writes an error of API Gateway itself.
func writeError(w http.ResponseWriter, status int) {
	body := fmt.Sprintf("{\"message\":%q}", http.StatusText(status))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
