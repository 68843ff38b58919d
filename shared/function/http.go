package function

import (
	"crypto/tls"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// idle is how long an unused connection is kept. A server may close one at any time,
// unnoticed by a frozen sandbox: then the next request fails, and the SDK pauses up to a
// second before it tries again. A new connection takes a few milliseconds, so only those
// that have just been used are trusted. net/http counts the time of a freeze, too.
const idle = 10 * time.Second

// HTTPClient is the SDK's HTTP client, which resumes TLS sessions: a second connection
// to a service needs no certificates, which are most of a handshake's work. It has no
// timeouts of its own.
func HTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.IdleConnTimeout = idle
		t.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	})
}
