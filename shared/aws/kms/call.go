package kms

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// call calls an operation of KMS. It retries as the configuration says.
func (k *Key) call(ctx context.Context, operation string, in message) (out message, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	retryer := k.cfg.Retryer()
	for n := 1; ; n++ {
		out, err = k.attempt(ctx, operation, body)
		if err == nil || ctx.Err() != nil || n >= retryer.MaxAttempts() || !retryer.IsErrorRetryable(err) {
			return out, err
		}
		delay, delayErr := retryer.RetryDelay(n, err)
		if delayErr != nil {
			return out, err
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return out, errors.Join(err, context.Cause(ctx))
		}
	}
}

// maxResponse is in bytes. The longest ciphertext has 6 KB in base64.
const maxResponse = 64 << 10

func (k *Key) attempt(ctx context.Context, operation string, body []byte) (out message, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.endpoint(ctx)+"/", bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "TrentService."+operation) // TrentService is the name of KMS in its protocol
	credentials, err := k.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return out, err
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(hash[:]), "kms", k.cfg.Region, time.Now()); err != nil {
		return out, err
	}
	resp, err := k.cfg.HTTPClient.Do(req)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	response, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	switch {
	case err != nil:
		return out, err
	case resp.StatusCode != http.StatusOK:
		return out, newAPIError(resp.StatusCode, response)
	case json.Unmarshal(response, &out) != nil:
		return message{}, errors.New("the response is not JSON")
	}
	return out, nil
}

// endpoint returns the address from AWS_ENDPOINT_URL_KMS or AWS_ENDPOINT_URL, if
// one is set, else the address of KMS in the region.
func (k *Key) endpoint(ctx context.Context) string {
	for _, source := range k.cfg.ConfigSources {
		if s, ok := source.(interface {
			GetServiceBaseEndpoint(ctx context.Context, sdkID string) (string, bool, error)
		}); ok {
			if url, found, err := s.GetServiceBaseEndpoint(ctx, "KMS"); found && err == nil {
				return strings.TrimSuffix(url, "/")
			}
		}
	}
	if k.cfg.BaseEndpoint != nil {
		return strings.TrimSuffix(*k.cfg.BaseEndpoint, "/")
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(k.cfg.Region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	return "https://kms." + k.cfg.Region + "." + domain
}

// apiError is an error response of KMS. The SDK's retryer calls its methods.
type apiError struct {
	status        int
	code, message string
}

func newAPIError(status int, response []byte) *apiError {
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(response, &body) // the response of a proxy has neither
	code := body.Type[strings.LastIndexByte(body.Type, '#')+1:]
	return &apiError{status: status, code: code, message: body.Message}
}

func (e *apiError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("KMS answers %d %s %s", e.status, e.code, e.message))
}

func (e *apiError) ErrorCode() string   { return e.code }
func (e *apiError) HTTPStatusCode() int { return e.status }
