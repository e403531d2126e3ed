/**
 * Lets hooks written for the AWS SDK v2 answer where AWS_ENDPOINT_URL_CODEDEPLOY says: SDK v2 does not read that variable.
 * Loaded before the hook, which stays as it is: NODE_OPTIONS=--require=/opt/switchback/sdk-v2.cjs
 */
const Module = require('node:module');

const endpoint = process.env.AWS_ENDPOINT_URL_CODEDEPLOY || process.env.AWS_ENDPOINT_URL;
const load = Module._load;

if (endpoint) {
  Module._load = function (...args) {
    const exported = load.apply(this, args);
    const [request, parent] = args;
    // `aws-sdk`, one of its parts or, where an ES module imports it, its file.
    const sdk = typeof request === 'string' && /^(?:.*[\\/]node_modules[\\/])?aws-sdk(?=[\\/]|$)/.exec(request);
    if (sdk) configure(sdk[0], parent);
    return exported;
  };
}

/** The SDK's core, whichever of its parts was asked for, holds the configuration that every client begins with. */
function configure(sdk, parent) {
  try {
    const { config } = load(`${sdk}/lib/core`, parent, false);
    config.codedeploy = { endpoint, ...config.codedeploy };
  } catch {
    // It is another package of that name, or another version: nothing is changed.
  }
}
