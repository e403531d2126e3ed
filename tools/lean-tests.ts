/**
 * Imported before the tests. Node's runner follows every promise, so as to name the test in which one is rejected with
 * nobody there; that takes half of the time of whatever is made of promises, such as a simulation. With this it follows
 * everything else. A rejection that nobody handles still fails its file, only without the name of the test.
 */
import asyncHooks from 'node:async_hooks';

const { createHook } = asyncHooks;
asyncHooks.createHook = (callbacks) => createHook({ ...callbacks, trackPromises: false });
