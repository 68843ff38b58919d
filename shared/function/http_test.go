package function

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"golang.org/x/net/dns/dnsmessage"
)

// TestAddressChanges: while a sandbox is frozen, a service moves to another address.
// The next request asks for the address again.
func TestAddressChanges(t *testing.T) {
	before, after := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	if runtime.GOOS != "linux" {
		after = netip.MustParseAddr("::1") // others have only one address of IPv4
	}
	var address atomic.Pointer[netip.Addr]
	address.Store(&before)
	resolveTo(t, &address)
	first := serve(t, netip.AddrPortFrom(before, 0), "before")
	port := first.Listener.Addr().(*net.TCPAddr).AddrPort().Port()
	serve(t, netip.AddrPortFrom(after, port), "after")
	client := HTTPClient().WithTransportOptions(func(t *http.Transport) { t.Proxy = nil })
	url := fmt.Sprintf("http://service.test.:%d/", port)
	if got := get(t, client, url); got != "before" {
		t.Fatalf("the answer comes from %q", got)
	}
	address.Store(&after)
	first.Close()
	if got := get(t, client, url); got != "after" {
		t.Errorf("the answer comes from %q", got)
	}
}

// TestReconnects: a second connection needs no certificates, and an unused one is not kept for long.
func TestReconnects(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	client := HTTPClient().WithTransportOptions(func(transport *http.Transport) {
		transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		transport.DisableKeepAlives = true
	})
	for _, resumes := range []bool{false, true} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if response.TLS.DidResume != resumes {
			t.Errorf("the session is resumed: %t, want %t", response.TLS.DidResume, resumes)
		}
	}
	if kept := client.GetTransport().IdleConnTimeout; kept <= 0 || kept > 10*time.Second {
		t.Errorf("an unused connection is kept for %v, want at most 10s", kept)
	}
}

func get(t *testing.T, client *awshttp.BuildableClient, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func serve(t *testing.T, at netip.AddrPort, answer string) *httptest.Server {
	t.Helper()
	listener, err := net.Listen("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, answer)
	}))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// resolveTo lets every name have an address, by a DNS server of the test's own.
func resolveTo(t *testing.T, address *atomic.Pointer[netip.Addr]) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	system := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = system
		_ = server.Close()
	})
	go func() {
		query := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			if reply, err := lookUp(query[:n], *address.Load()); err == nil {
				_, _ = server.WriteTo(reply, from)
			}
		}
	}()
}

// lookUp is a DNS server's to a query: an address, for a second, or that there is
// none of the kind.
func lookUp(query []byte, address netip.Addr) ([]byte, error) {
	var message dnsmessage.Message
	if err := message.Unpack(query); err != nil {
		return nil, err
	}
	question := message.Questions[0]
	header := dnsmessage.ResourceHeader{Name: question.Name, Type: question.Type, Class: dnsmessage.ClassINET, TTL: 1}
	message.Response, message.Additionals = true, nil
	switch {
	case question.Type == dnsmessage.TypeA && address.Is4():
		message.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: address.As4()}}}
	case question.Type == dnsmessage.TypeAAAA && address.Is6():
		message.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: address.As16()}}}
	}
	return message.Pack()
}
