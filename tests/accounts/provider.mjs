// A certified OpenID Connect provider for the tests: `node provider.mjs PORT CALLBACK PEOPLE BACK_CHANNEL`.
// PEOPLE is a JSON file, read at each sign-in: {"signed_in": subject, "people": {subject: claims}}. Whoever is signed in
// there is signed in here without being asked, as at a municipality's computers.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, callback, people, backChannel] = process.argv.slice(2);
const read = () => JSON.parse(readFileSync(people, "utf8"));
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "opfoelgning",
      client_secret: "hemmelighed-til-proever",
      redirect_uris: [callback],
      post_logout_redirect_uris: [new URL("/log-ind/?af", callback).href],
      backchannel_logout_uri: backChannel,
    },
  ],
  claims: { openid: ["sub", "groups"], email: ["email", "email_verified"], profile: ["name"] },
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }), // the tests are on loopback
  pkce: { required: () => true },
  cookies: { keys: ["cookies-of-the-tests"] },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => {
    const claims = read().people[id];
    return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) };
  },
});

async function answer(request, response) {
  if (!request.url.startsWith("/interaction/")) return provider.callback()(request, response);
  const { prompt, params } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: read().signed_in } });
  }
  const grant = new provider.Grant({ accountId: read().signed_in, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

createServer(answer).listen(Number(port), "127.0.0.1", () => console.log("ready"));
