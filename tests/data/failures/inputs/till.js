const till = undefined;
console.log(till.open());
