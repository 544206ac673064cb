package sfprov

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const versionsPath = "/services/data"

// key looks at the key that signs assertions.
func (c *checker) key(context.Context) {
	if c.p.settings.GrantType != GrantJWTBearer {
		return
	}
	source := c.s.tokens.credentials
	signer, from := source.signer, "WithSigner"
	if signer == nil {
		from = "Config.PrivateKey"
		if c.p.settings.PrivateKey == "" {
			c.ok(checkKey, "it comes from WithCredentials, which is asked at each login")
			return
		}
		var err error
		if signer, err = parsedKey(string(c.p.settings.PrivateKey)); err != nil {
			c.fail(checkKey, "the key can't be read", "Give the key that belongs to the app's certificate, as PEM")
			return
		}
	}
	if public, isRSA := signer.Public().(*rsa.PublicKey); isRSA {
		c.ok(checkKey, fmt.Sprintf("RSA, %d bits, of %s. When the certificate ends, the app's page tells", public.N.BitLen(), from))
	}
}

// host asks the host which API versions it has, and looks at its clock.
func (c *checker) host(ctx context.Context) {
	sent := time.Now()
	ans, err := c.bare(ctx, versionsPath)
	if err != nil {
		c.stopBy(checkHost, err)
		return
	}
	var offered []struct {
		Version string `json:"version"`
	}
	const cure = "Copy the org's host anew into Config.Domain (Setup, My Domain), and see that no proxy answers in its place"
	switch {
	case ans.status >= 500 || ans.status == http.StatusTooManyRequests:
		c.stopBy(checkHost, newAPIError(requestFacts{method: http.MethodGet, reads: true}, ans.status, ans.said(), retryAfter(ans.header), c.s.secretsOf(ctx, request{}, nil)...))
		return
	case ans.status != http.StatusOK:
		c.stop(checkHost, fmt.Sprintf("the host answers with status %d where an org lists its API versions", ans.status), cure)
		return
	case json.Unmarshal(ans.body, &offered) != nil || len(offered) == 0 || !isVersion(offered[0].Version):
		c.stop(checkHost, "the host answers with something else than an org's list of API versions", cure)
		return
	}
	var versions []string
	for _, one := range offered {
		if isVersion(one.Version) {
			versions = append(versions, one.Version)
		}
	}
	c.hostForm()
	c.clock(ans.header, sent, time.Now())
	c.version(versions)
}

func isVersion(text string) bool {
	number, err := strconv.ParseFloat(text, 64)
	return err == nil && number > 0 && number < 1000 && len(text) < 8
}

// hostForm tells what the form of the host says.
func (c *checker) hostForm() {
	switch kind, _ := hostKindOf(domainHost(c.p.settings.Domain)); kind {
	case myDomainHost:
		c.ok(checkHost, "a My Domain host")
	case loginHost:
		c.warn(checkHost, "a login host, which is no org's own", "Take the org's own host for Config.Domain (Setup, My Domain)")
	default:
		c.ok(checkHost, "a host of your own, or a proxy, which lists API versions as an org does")
	}
}

func domainHost(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

const (
	skewToWarn = time.Minute
	skewToFail = 3 * time.Minute // as long as Salesforce lets an assertion live
)

// clock compares this machine's clock with the host's.
func (c *checker) clock(header http.Header, sent, answered time.Time) {
	if header.Get("Date") == "" {
		c.skip(checkClock, "the answer bears no date", "A proxy may have taken it out; compare the clock yourself")
		return
	}
	const cure = "Set this machine's clock by a time server (NTP): a login by the JWT bearer grant bears the time"
	ahead := aheadOf(header, sent.Add(answered.Sub(sent)/2)).Round(time.Second)
	by := fmt.Sprintf("%v ahead of the org's", ahead)
	if ahead < 0 {
		by = fmt.Sprintf("%v behind the org's", -ahead)
	}
	switch off := ahead.Abs(); {
	case off >= skewToFail && c.p.settings.GrantType == GrantJWTBearer:
		c.stop(checkClock, by, cure)
	case off >= skewToWarn:
		c.warn(checkClock, by, cure)
	default:
		c.ok(checkClock, "less than a minute off")
	}
}

// version looks for the configured version among those that the host has.
func (c *checker) version(offered []string) {
	wanted := c.p.settings.APIVersion
	if slices.Contains(offered, wanted) {
		c.ok(checkVersion, "version "+wanted)
		return
	}
	newest := slices.MaxFunc(offered, func(a, b string) int {
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		return int(x*10) - int(y*10)
	})
	c.fail(checkVersion, fmt.Sprintf("the org has no version %s; its newest is %s", wanted, newest),
		"Set Config.APIVersion to one that the org has, or leave it empty for "+DefaultAPIVersion)
}

// login takes the token that is there, or makes one login, once.
func (c *checker) login(ctx context.Context) {
	had := c.s.tokens.current.Load() != nil
	if err := c.s.acquire(ctx); err != nil {
		return // the context has ended
	}
	defer c.s.release()
	tok, err := c.s.tokens.get(ctx)
	if err != nil {
		c.stopBy(checkLogin, err)
		return
	}
	c.token, c.loggedIn = tok, !had
	detail := "by the grant " + string(c.p.settings.GrantType)
	if had {
		detail = "not tried: there was a token, by the grant " + string(c.p.settings.GrantType)
	}
	c.ok(checkLogin, detail)
}

// answers looks at what the token endpoint said with the token.
func (c *checker) answers(context.Context) {
	c.scopes(c.token.said.scope)
	if c.stopped == "" {
		c.rightOrg(c.token.said.instanceURL)
	}
	if c.stopped == "" && c.found[checkVersion].Level == LevelFailure {
		c.stopped = checkVersion
	}
}

func (c *checker) scopes(told string) {
	scopes := strings.Fields(told)
	switch {
	case len(scopes) == 0:
		c.skip(checkScopes, "the token endpoint does not tell", "Look whether the app has Manage user data via APIs (Setup, External Client App Manager, OAuth settings)")
	case slices.Contains(scopes, "api"), slices.Contains(scopes, "full"):
		c.ok(checkScopes, strings.Join(scopes, " "))
	default:
		c.stop(checkScopes, "the token has "+quote(told)+", and neither api nor full", wrongScopes)
	}
}

// rightOrg compares the org that the token is for with the host that requests go to.
func (c *checker) rightOrg(instance string) {
	own, theirs := domainHost(c.p.settings.Domain), domainHost(instance)
	ownKind, _ := hostKindOf(own)
	theirKind, _ := hostKindOf(theirs)
	detail := fmt.Sprintf("the token is for %s, requests go to %s", quote(theirs), quote(own))
	const cure = "Take Config.Domain, ClientID and TokenEndpoint from one org (Setup, My Domain)"
	switch {
	case theirs == "":
		c.skip(checkRightOrg, "the token endpoint does not tell", "Compare Config.Domain with the org's (Setup, My Domain)")
	case own == theirs:
		c.ok(checkRightOrg, "the token is for the host of Config.Domain")
	case ownKind == myDomainHost && theirKind == myDomainHost:
		c.stop(checkRightOrg, detail, cure)
	case ownKind == customHost && theirKind == myDomainHost:
		c.warn(checkRightOrg, detail+", which may be its proxy", cure)
	default:
		c.warn(checkRightOrg, detail, cure)
	}
}

// quickRead reads one thing.
func (c *checker) quickRead(ctx context.Context) {
	soql := "SELECT Id FROM User LIMIT 1"
	ans, err := c.send(ctx, request{method: http.MethodGet, path: c.p.api.base + "/query", query: "q=" + url.QueryEscape(soql)})
	if err == nil && !json.Valid(ans.body) {
		err = notTheJSON(ans)
	}
	if err == nil {
		_, err = pageOf(ans, ans.body)
	}
	if err != nil {
		c.refused(err)
		return
	}
	c.ok(checkAPI, "a query was answered")
	c.apiCalls()
}

// apiCalls looks at how many of the day's requests are left.
func (c *checker) apiCalls() {
	usage, reserve := c.p.api.usage(), c.s.quota.reserve
	const cure = "See who spends them (Setup, Company Information, API Requests, Last 24 Hours), let others ask less, or buy more"
	text := fmt.Sprintf("%d of %d were spent in the last 24 hours", usage.Used, usage.Limit)
	share := float64(usage.Used) / float64(max(usage.Limit, 1))
	switch {
	case usage.Limit == 0:
		c.skip(checkCalls, "Salesforce does not tell", "Look at API Requests, Last 24 Hours (Setup, Company Information)")
	case reserve > 0 && usage.Used >= int(float64(usage.Limit)*(1-reserve)):
		c.fail(checkCalls, fmt.Sprintf("%s; WithAPIReserve(%g) keeps calls back from here on", text, reserve), cure)
	case share >= 1:
		c.fail(checkCalls, text, cure)
	case share >= 0.9:
		c.warn(checkCalls, text, cure)
	default:
		c.ok(checkCalls, text)
	}
}

// hasCode reports whether an error is an answer with one of the codes.
func hasCode(err error, codes ...string) bool {
	apiErr, isAPI := errors.AsType[*APIError](err)
	return isAPI && slices.Contains(codes, apiErr.Code)
}
