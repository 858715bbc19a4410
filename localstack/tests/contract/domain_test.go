package contract

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/emulator/samtemplate"
)

// TestTemplate_Domain checks what DomainName changes, and that ApiUrl and SocketUrl, of a CDN for
// example, have priority.
func TestTemplate_Domain(t *testing.T) {
	const gatewaySocket = "wss://SocketApi.execute-api.us-east-1.amazonaws.com/live"
	for name, test := range map[string]struct {
		parameters     map[string]string
		mappings       int
		apiURL, socket string
	}{
		"none":      {nil, 0, "", gatewaySocket},
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

// loadEdge reads the template of the CDN and the firewall, with a secret.
func loadEdge(t *testing.T, secret string) *samtemplate.Template {
	t.Helper()
	edge, err := samtemplate.Load(edgeFile, map[string]string{
		"DomainName": "help.example.com", "HostedZoneId": "Z1", "HttpApiHost": "http.host", "SocketApiHost": "socket.host", "CdnSecret": secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	edge.Attribute = func(resource *samtemplate.Resource, _ string) (any, error) { return resource.ID, nil }
	return edge
}

// TestEdge_Headers checks that the CDN sets the headers that the functions read, on both
// origins, and that the firewall is in front.
func TestEdge_Headers(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	edge := loadEdge(t, secret)
	code := readFile(t, filepath.Join(root, "pkg", "api", "client_address.go"))
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

// countedRules are the rules of managed groups that only count: all that read bodies, those of the
// common group that read queries, because a message or a search term may look like anything, and
// that for requests without a user agent. WAF ignores a name that a group does not have; these are
// from the AWS WAF Developer Guide, "Baseline rule groups".
var countedRules = map[string][]string{
	"bad-inputs": {"JavaDeserializationRCE_BODY", "Log4JRCE_BODY", "ReactJSRCE_BODY"},
	"common": {
		"CrossSiteScripting_BODY", "CrossSiteScripting_QUERYARGUMENTS", "EC2MetaDataSSRF_BODY", "EC2MetaDataSSRF_QUERYARGUMENTS",
		"GenericLFI_BODY", "GenericLFI_QUERYARGUMENTS", "GenericRFI_BODY", "GenericRFI_QUERYARGUMENTS", "NoUserAgent_HEADER",
		"RestrictedExtensions_QUERYARGUMENTS", "SizeRestrictions_BODY", "SizeRestrictions_QUERYSTRING",
	},
}

// TestEdge_Firewall checks that each rule of the firewall blocks, and that those of single
// addresses count the requests and have the limits that are documented. Only countedRules count
// without blocking.
func TestEdge_Firewall(t *testing.T) {
	blocked := "map[Block:map[CustomResponse:map[ResponseCode:429]]]"
	scope := "ScopeDownStatement:map[RegexMatchStatement:map[FieldToMatch:map[UriPath:map[]] RegexString:" + loginScope(t) + " TextTransformations:[map[Priority:0 Type:URL_DECODE]]]]"
	managed := func(name string) string {
		return "map[ManagedRuleGroupStatement:map[Name:" + name + " VendorName:AWS]]"
	}
	want := map[string][2]string{
		"rate":       {blocked, "map[RateBasedStatement:map[AggregateKeyType:IP Limit:10000]]"},
		"logins":     {blocked, "map[RateBasedStatement:map[AggregateKeyType:IP Limit:300 " + scope + "]]"},
		"reputation": {"map[None:map[]]", managed("AWSManagedRulesAmazonIpReputationList")},
		"bad-inputs": {"map[None:map[]]", managed("AWSManagedRulesKnownBadInputsRuleSet")},
		"common":     {"map[None:map[]]", managed("AWSManagedRulesCommonRuleSet")},
	}
	rules := samtemplate.List(properties(t, loadEdge(t, strings.Repeat("0", 32)), "AWS::WAFv2::WebACL")["Firewall"]["Rules"])
	if len(rules) != len(want) {
		t.Errorf("got %d rules, want %d", len(rules), len(want))
	}
	for priority, rule := range rules {
		r := samtemplate.Map(rule)
		name := samtemplate.String(r["Name"])
		group := samtemplate.Map(lookup(r, "Statement", "ManagedRuleGroupStatement"))
		var counted []string
		for _, override := range samtemplate.List(group["RuleActionOverrides"]) {
			o := samtemplate.Map(override)
			counted = append(counted, samtemplate.String(o["Name"]))
			if got := fmt.Sprint(o["ActionToUse"]); got != "map[Count:map[]]" {
				t.Errorf("%s: got %s for %s, want that it counts", name, got, o["Name"])
			}
		}
		if wanted := countedRules[name]; !slices.Equal(slices.Sorted(slices.Values(counted)), wanted) {
			t.Errorf("%s: got without effect %q, want %q", name, counted, wanted)
		}
		delete(group, "RuleActionOverrides")
		action := r["Action"]
		if action == nil {
			action = r["OverrideAction"]
		}
		if got := [2]string{fmt.Sprint(action), fmt.Sprint(r["Statement"])}; got != want[name] || fmt.Sprint(r["Priority"]) != fmt.Sprint(priority) {
			t.Errorf("%s, priority %v: got\n%s\nwant\n%s", name, r["Priority"], got, want[name])
		}
	}
}

// loginScope returns the expression for the paths that change something without a sign-in, all
// of infra/openapi.yaml but the two that hash no password and send no code.
func loginScope(t *testing.T) string {
	t.Helper()
	_, document := load(t)
	var paths []string
	for name, operation := range eachOperation(document) {
		security, overridden := operation["security"].([]any)
		anonymous := overridden && (len(security) == 0 || slices.ContainsFunc(security, func(s any) bool { return len(samtemplate.Map(s)) == 0 }))
		if path, isPost := strings.CutPrefix(name, "POST /"); isPost && anonymous && path != "token/refresh" && path != "logout" {
			paths = append(paths, path)
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return "^/(" + strings.Join(paths, "|") + ")$"
}

// TestTemplate_LoginThrottles checks that the routes with a throttle of their own are among those
// that the firewall counts as logins.
func TestTemplate_LoginThrottles(t *testing.T) {
	template := readFile(t, templateFile)
	scope := regexp.MustCompile(loginScope(t))
	routes := regexp.MustCompile(`POST (/\S+): \{ThrottlingRateLimit: !Ref LoginsPerSecond`).FindAllSubmatch(template, -1)
	if len(routes) != 4 {
		t.Errorf("got %d routes with a throttle, want four", len(routes))
	}
	for _, route := range routes {
		if !scope.Match(route[1]) {
			t.Errorf("the firewall does not limit logins at %s", route[1])
		}
	}
}
