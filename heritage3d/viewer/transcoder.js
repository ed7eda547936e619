import { readFileSync } from "node:fs";

/**
 * The KTX2 transcoder that three carries, made fit for a page that allows no code from strings.
 *
 * Emscripten's embind writes the functions between JavaScript and WebAssembly as text and hands them to
 * new Function(), which script-src without 'unsafe-eval' forbids. Both places are replaced by closures that do the
 * same; a newer three with another transcoder stops the build.
 */
const calls = [
  {
    where: "craftInvokerFunction",
    text: "let[args,invokerFnBody]=createJsInvoker(argTypes,isClassMethodFunc,returns,isAsync);args.push(invokerFnBody);var invokerFn=newFunc(Function,args)(...closureArgs);",
    closure: `var wanted=argCount-2;var invokerFn=function(...given){
      if(given.length!==wanted){throwBindingError("function "+humanName+" called with "+given.length+" arguments, expected "+wanted)}
      var destructors=needsDestructorStack?[]:null;
      var wired=isClassMethodFunc?[argTypes[1].toWireType(destructors,this)]:[];
      for(var i=0;i<wanted;++i){wired.push(argTypes[i+2].toWireType(destructors,given[i]))}
      var rv=cppInvokerFunc(cppTargetFunc,...wired);
      if(needsDestructorStack){runDestructors(destructors)}
      else{for(var i=isClassMethodFunc?1:2;i<argTypes.length;++i){
        if(argTypes[i].destructorFunction!==null){argTypes[i].destructorFunction(wired[isClassMethodFunc?i-1:i-2])}
      }}
      if(returns){return argTypes[0].fromWireType(rv)}
    };`,
  },
  {
    where: "__emval_get_method_caller",
    text: /var functionBody=`return function \(obj, func, destructorsRef, args\) \{\\n`;.*?var invokerFunction=newFunc\(Function,params\)\(\.\.\.args\);/s,
    closure: `var invokerFunction=function(obj,func,destructorsRef,args){
      var values=[];
      for(var i=0;i<argCount;++i){values.push(types[i].readValueFromPointer(args));args+=types[i].argPackAdvance}
      var rv=kind===1?Reflect.construct(func,values):kind===0?func.call(obj,...values):func.call(...values);
      if(!retType.isVoid){return emval_returnValue(retType,destructorsRef,rv)}
    };`,
  },
];

/** The source of the transcoder with closures. Throws where it is not the one known. */
function source() {
  let code = readFileSync(new URL("node_modules/three/examples/jsm/libs/basis/basis_transcoder.js", import.meta.url), "utf8");
  for (const { where, text, closure } of calls) {
    const changed = code.replace(text, () => closure);
    if (changed === code) throw new Error(`three has another KTX2 transcoder: ${where} is not as it was`);
    code = changed;
  }
  if (/newFunc\(Function|\beval\(|new Function\b/.test(code)) throw new Error("the KTX2 transcoder makes code from strings");
  return code;
}

/** Gives KTX2Loader that source as a text of the bundle, for the worker that it starts from a blob: address. */
export function transcoder() {
  const name = "virtual:basis-transcoder";
  const fetched = "jsContent = jsLoader.loadAsync( WASM_JS_URL );";
  const address = "const WASM_JS_URL = new URL( '../libs/basis/basis_transcoder.js', import.meta.url ).toString();";
  return {
    name: "transcoder",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    load: (id) => (id === `\0${name}` ? `export default ${JSON.stringify(source())};` : null),
    transform(code, id) {
      if (!id.endsWith("/loaders/KTX2Loader.js")) return null;
      if (!code.includes(fetched) || !code.includes(address)) this.error("three has changed its KTX2Loader");
      return code.replace(address, `import TRANSCODER from "${name}";`).replace(fetched, "jsContent = TRANSCODER;");
    },
  };
}
