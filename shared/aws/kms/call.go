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

// call calls an operation, as often as the configuration says.
func (k *Key) call(ctx context.Context, operation string, in blobs) (out blobs, err error) {
	body, err := json.Marshal(in)
	if err != nil { // bytes and texts
		return out, err
	}
	retry := k.cfg.Retryer()
	for n := 1; ; n++ {
		out, err = k.try(ctx, operation, body)
		if err == nil || ctx.Err() != nil || n >= retry.MaxAttempts() || !retry.IsErrorRetryable(err) {
			return out, err
		}
		delay, e := retry.RetryDelay(n, err)
		if e != nil {
			return out, err
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return out, errors.Join(err, context.Cause(ctx))
		}
	}
}

// maxAnswer is far above 6 KB, the longest ciphertext in base64.
const maxAnswer = 64 << 10

func (k *Key) try(ctx context.Context, operation string, body []byte) (out blobs, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.endpoint(ctx)+"/", bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "TrentService."+operation) // KMS's name in its own protocol
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
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return out, err
	case resp.StatusCode != http.StatusOK:
		return out, newRefusal(resp.StatusCode, answer)
	case json.Unmarshal(answer, &out) != nil:
		return blobs{}, errors.New("the answer is not JSON")
	}
	return out, nil
}

// endpoint is KMS's own address in the region, or what AWS_ENDPOINT_URL and
// AWS_ENDPOINT_URL_KMS put in its place.
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

// refusal is an error that KMS answers. Its methods are what the SDK's retryer
// looks at.
type refusal struct {
	status        int
	code, message string
}

func newRefusal(status int, answer []byte) *refusal {
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(answer, &body) // a proxy's answer has neither
	code := body.Type[strings.LastIndexByte(body.Type, '#')+1:]
	return &refusal{status: status, code: code, message: body.Message}
}

func (r *refusal) Error() string {
	return strings.TrimSpace(fmt.Sprintf("KMS answers %d %s %s", r.status, r.code, r.message))
}

func (r *refusal) ErrorCode() string   { return r.code }
func (r *refusal) HTTPStatusCode() int { return r.status }
