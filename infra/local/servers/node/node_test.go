package node_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"testing"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/local/servers/node"
)

// TestClientLeaves: a client that goes away in the middle of a request, as a killed
// sandbox does, does not end the servers for all others.
func TestClientLeaves(t *testing.T) {
	prepare.Servers(t)
	process, err := node.Start(t.Context(), prepare.Root(), "us-east-1", node.DynamoDB, node.Messaging)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Server.Close() })
	for service, endpoint := range process.URLs {
		t.Run(string(service), func(t *testing.T) {
			for range 20 {
				leave(t, endpoint)
				response, err := http.Get(endpoint)
				if err != nil {
					<-process.Server.Done()
					t.Fatalf("%v: %v", err, process.Server.Err())
				}
				_ = response.Body.Close()
			}
		})
	}
}

// leave sends half of a request's body.
func leave(t *testing.T, endpoint string) {
	t.Helper()
	address, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := net.Dial("tcp", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_, err = fmt.Fprintf(connection, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 10\r\n\r\nhalf:", address.Host)
	if err != nil {
		t.Fatal(err)
	}
}
