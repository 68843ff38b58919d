package node_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/local/servers/node"
)

// TestClientLeaves: a client that ends in the middle of a request, as a killed sandbox
// does, doesn't end the servers.
func TestClientLeaves(t *testing.T) {
	prepare.Servers(t)
	server, err := node.Start(t.Context(), prepare.Root(), "us-east-1", node.DynamoDB, node.Messaging)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	for _, service := range []string{node.DynamoDB, node.Messaging} {
		t.Run(service, func(t *testing.T) {
			socket := strings.TrimPrefix(server.Socket(service), "unix://")
			for range 20 {
				leave(t, socket)
				connection, err := net.Dial("unix", socket)
				if err != nil {
					<-server.Done()
					t.Fatalf("%v: %v", err, server.Err())
				}
				_ = connection.Close()
			}
		})
	}
}

// leave sends half of a request's body.
func leave(t *testing.T, socket string) {
	t.Helper()
	connection, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_, err = fmt.Fprint(connection, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nhalf:")
	if err != nil {
		t.Fatal(err)
	}
}
