// The healthy service has no fault. A rehearsal releases the same code with this file replaced.
export async function faultOf() {}
