package function

import (
	"crypto/tls"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// idle is how long an unused connection stays open. A server may close the connection
// while the sandbox is frozen. Then the next request fails, and the SDK pauses up to a
// second before it tries again. A new connection takes only a few milliseconds. net/http
// counts the time of a freeze as idle.
const idle = 10 * time.Second

// HTTPClient returns the SDK's HTTP client with TLS session resumption: a second
// connection to a service needs no certificates, which are most of a handshake's work.
// The client has no timeouts.
func HTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.IdleConnTimeout = idle
		t.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	})
}
