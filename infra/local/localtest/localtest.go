// Package localtest provides tests with local servers, in the style of package
// httptest: real servers for DynamoDB, S3, SNS and SQS, and compiled functions
// behind Lambda's Invoke API, each behind a fault proxy. Proxies and functions stop
// when the test ends.
package localtest

import (
	"context"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/local/process"
	"sdtasktracker/infra/local/servers/node"
)

// Region is the Region of every server.
const Region = "us-east-1"

// Every server accepts these credentials.
const accessKey, secretKey = "test", "test-secret"

// Config is the configuration of a client that calls the server at the endpoint, a
// URL.
func Config(endpoint string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	}
}

var nodes = struct {
	mutex   sync.Mutex
	servers map[string]*process.Server // by service
}{servers: map[string]*process.Server{}}

// nodeURL returns the endpoint of a service that Node serves. The first test that
// asks for it starts it. All tests of the process share it, and it ends with the
// process.
func nodeURL(t testing.TB, service string) string {
	t.Helper()
	prepare.Servers(t)
	nodes.mutex.Lock()
	defer nodes.mutex.Unlock()
	if nodes.servers[service] == nil {
		server, err := node.Start(context.Background(), prepare.Root(), Region, service)
		if err != nil {
			t.Fatal(err)
		}
		nodes.servers[service] = server
	}
	return nodes.servers[service].Socket(service)
}

// newProxy puts a proxy in front of a server for as long as the test runs.
func newProxy(t testing.TB, endpoint string) *faultproxy.Proxy {
	t.Helper()
	proxy := faultproxy.Start(endpoint)
	t.Cleanup(proxy.Close)
	return proxy
}
