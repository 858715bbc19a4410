package contract

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ticketsystem/localstack/emulator/samtemplate"
)

// TestTemplate_Domain checks what DomainName changes, which needs its zone, and that ApiUrl
// and SocketUrl, of a CDN for example, have priority.
func TestTemplate_Domain(t *testing.T) {
	const gatewaySocket = "wss://SocketApi.execute-api.us-east-1.amazonaws.com/live"
	for name, test := range map[string]struct {
		parameters     map[string]string
		mappings       int
		apiURL, socket string
	}{
		"none":      {nil, 0, "", gatewaySocket},
		"no zone":   {map[string]string{"DomainName": "help.example.com"}, 0, "", gatewaySocket},
		"a domain":  {map[string]string{"DomainName": "help.example.com", "HostedZoneId": "Z1"}, 2, "https://help.example.com", "wss://socket.help.example.com"},
		"and a CDN": {map[string]string{"DomainName": "help.example.com", "HostedZoneId": "Z1", "ApiUrl": "https://cdn", "SocketUrl": "wss://cdn/live"}, 2, "https://cdn", "wss://cdn/live"},
	} {
		stack, err := samtemplate.Load(templateFile, test.parameters)
		if err != nil {
			t.Fatal(err)
		}
		stack.Attribute = func(resource *samtemplate.Resource, _ string) (any, error) { return resource.ID, nil }
		mappings, err := stack.Resources("AWS::ApiGatewayV2::ApiMapping")
		if err != nil || len(mappings) != test.mappings {
			t.Errorf("%s: got %d mappings, %v, want %d", name, len(mappings), err, test.mappings)
		}
		functions, err := stack.Functions()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range functions {
			if f.Folder != "ticket-get" && f.Folder != "connect-token-create" {
				continue
			}
			env, err := stack.Environment(f)
			if err != nil {
				t.Fatal(err)
			}
			if env["API_URL"] != test.apiURL || f.Folder == "connect-token-create" && env["SOCKET_URL"] != test.socket {
				t.Errorf("%s: %s: got %s and %s, want %s and %s", name, f.Folder, env["API_URL"], env["SOCKET_URL"], test.apiURL, test.socket)
			}
		}
	}
}

// TestEdge_Headers checks that the CDN sets the headers that the functions read, on both
// origins, and that the firewall is in front.
func TestEdge_Headers(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	edge, err := samtemplate.Load(filepath.Join(root, "infra", "edge.yaml"), map[string]string{
		"DomainName": "help.example.com", "HostedZoneId": "Z1", "HttpApiHost": "http.host", "SocketApiHost": "socket.host", "CdnSecret": secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	edge.Attribute = func(resource *samtemplate.Resource, _ string) (any, error) { return resource.ID, nil }
	code, err := os.ReadFile(filepath.Join(root, "pkg", "api", "client_address.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range properties(t, edge, "AWS::CloudFront::Function") {
		for _, header := range []string{"x-client-address", "x-cdn-secret"} {
			if !strings.Contains(string(code), `"`+header+`"`) {
				t.Errorf("pkg/api does not read %s", header)
			}
		}
		if function := samtemplate.String(p["FunctionCode"]); !strings.Contains(function, "headers['x-client-address'] = {value: event.viewer.ip}") {
			t.Errorf("got the function\n%s\nwant one that writes x-client-address", function)
		}
	}
	for id, p := range properties(t, edge, "AWS::CloudFront::Distribution") {
		config := samtemplate.Map(p["DistributionConfig"])
		if config["WebACLId"] != "Firewall" {
			t.Errorf("%s: got the firewall %v", id, config["WebACLId"])
		}
		for _, origin := range samtemplate.List(config["Origins"]) {
			o := samtemplate.Map(origin)
			if got := fmt.Sprint(o["OriginCustomHeaders"]); got != "[map[HeaderName:x-cdn-secret HeaderValue:"+secret+"]]" {
				t.Errorf("origin %v: got the headers %s", o["Id"], got)
			}
		}
		behaviors := append(samtemplate.List(config["CacheBehaviors"]), config["DefaultCacheBehavior"])
		for _, behavior := range behaviors {
			if got := fmt.Sprint(samtemplate.Map(behavior)["FunctionAssociations"]); len(behaviors) != 2 || got != "[map[EventType:viewer-request FunctionARN:ClientAddress]]" {
				t.Errorf("%d behaviors, got %v with the function %s", len(behaviors), samtemplate.Map(behavior)["TargetOriginId"], got)
			}
		}
	}
}

// TestEdge_Logins checks that the firewall limits single addresses on the routes that hash a
// password or send a code without a sign-in, among them those with a throttle of their own, and
// on no other.
func TestEdge_Logins(t *testing.T) {
	limited := regexp.MustCompile(`RegexString: (\S+)`)
	edge, err := os.ReadFile(filepath.Join(root, "infra", "edge.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	match := limited.FindSubmatch(edge)
	if match == nil {
		t.Fatal("no rule has a scope")
	}
	scope := regexp.MustCompile(string(match[1]))
	template, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"/password/reset"}
	for _, route := range regexp.MustCompile(`POST (/\S+): \{ThrottlingRateLimit: !Ref LoginsPerSecond`).FindAllSubmatch(template, -1) {
		paths = append(paths, string(route[1]))
	}
	if len(paths) != 4 {
		t.Errorf("got the routes %v, want /password/reset and three with a throttle", paths)
	}
	for _, path := range paths {
		if !scope.MatchString(path) {
			t.Errorf("the firewall does not limit logins at %s", path)
		}
	}
	for _, path := range []string{"/tickets", "/token/refresh", "/profile", "/app/login", "/login/x", "/live"} {
		if scope.MatchString(path) {
			t.Errorf("the firewall counts %s as a login", path)
		}
	}
}
