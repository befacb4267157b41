// d3-color 3.1.1, d3-dispatch 3.0.2, d3-drag 3.0.1, d3-ease 3.0.2, d3-interpolate 3.0.2, d3-selection 3.0.1, d3-timer 3.0.2, d3-transition 3.0.2, d3-zoom 3.0.1: bundled by scripts/vendor_d3.js. Licences: LICENSE.d3.txt
var tn="http://www.w3.org/1999/xhtml",$n={svg:"http://www.w3.org/2000/svg",xhtml:tn,xlink:"http://www.w3.org/1\
999/xlink",xml:"http://www.w3.org/XML/1998/namespace",xmlns:"http://www.w3.org/2000/xmlns/"};function mt(t){var n=t+=
"",e=n.indexOf(":");return e>=0&&(n=t.slice(0,e))!=="xmlns"&&(t=t.slice(e+1)),$n.hasOwnProperty(n)?{space:$n[n],
local:t}:t}function Ge(t){return function(){var n=this.ownerDocument,e=this.namespaceURI;return e===tn&&n.documentElement.
namespaceURI===tn?n.createElement(t):n.createElementNS(e,t)}}function Ue(t){return function(){return this.ownerDocument.
createElementNS(t.space,t.local)}}function Rn(t){var n=mt(t);return(n.local?Ue:Ge)(n)}function Ke(){}function zt(t){
return t==null?Ke:function(){return this.querySelector(t)}}function Qe(t){typeof t!="function"&&(t=zt(t));for(var n=this.
_groups,e=n.length,r=new Array(e),i=0;i<e;++i)for(var o=n[i],u=o.length,a=r[i]=new Array(u),s,c,f=0;f<u;++f)(s=
o[f])&&(c=t.call(s,s.__data__,f,o))&&("__data__"in s&&(c.__data__=s.__data__),a[f]=c);return new C(r,this._parents)}
function Ze(t){return t==null?[]:Array.isArray(t)?t:Array.from(t)}function We(){return[]}function en(t){return t==
null?We:function(){return this.querySelectorAll(t)}}function Je(t){return function(){return Ze(t.apply(this,arguments))}}
function je(t){typeof t=="function"?t=Je(t):t=en(t);for(var n=this._groups,e=n.length,r=[],i=[],o=0;o<e;++o)for(var u=n[o],
a=u.length,s,c=0;c<a;++c)(s=u[c])&&(r.push(t.call(s,s.__data__,c,u)),i.push(s));return new C(r,i)}function rn(t){
return function(){return this.matches(t)}}function Dn(t){return function(n){return n.matches(t)}}var tr=Array.
prototype.find;function nr(t){return function(){return tr.call(this.children,t)}}function er(){return this.firstElementChild}
function rr(t){return this.select(t==null?er:nr(typeof t=="function"?t:Dn(t)))}var ir=Array.prototype.filter;function or(){
return Array.from(this.children)}function ur(t){return function(){return ir.call(this.children,t)}}function ar(t){
return this.selectAll(t==null?or:ur(typeof t=="function"?t:Dn(t)))}function sr(t){typeof t!="function"&&(t=rn(
t));for(var n=this._groups,e=n.length,r=new Array(e),i=0;i<e;++i)for(var o=n[i],u=o.length,a=r[i]=[],s,c=0;c<u;++c)
(s=o[c])&&t.call(s,s.__data__,c,o)&&a.push(s);return new C(r,this._parents)}function qn(t){return new Array(t.
length)}function cr(){return new C(this._enter||this._groups.map(qn),this._parents)}function St(t,n){this.ownerDocument=
t.ownerDocument,this.namespaceURI=t.namespaceURI,this._next=null,this._parent=t,this.__data__=n}St.prototype={
constructor:St,appendChild:function(t){return this._parent.insertBefore(t,this._next)},insertBefore:function(t,n){
return this._parent.insertBefore(t,n)},querySelector:function(t){return this._parent.querySelector(t)},querySelectorAll:function(t){
return this._parent.querySelectorAll(t)}};function lr(t){return function(){return t}}function fr(t,n,e,r,i,o){
for(var u=0,a,s=n.length,c=o.length;u<c;++u)(a=n[u])?(a.__data__=o[u],r[u]=a):e[u]=new St(t,o[u]);for(;u<s;++u)
(a=n[u])&&(i[u]=a)}function hr(t,n,e,r,i,o,u){var a,s,c=new Map,f=n.length,p=o.length,g=new Array(f),m;for(a=0;a<
f;++a)(s=n[a])&&(g[a]=m=u.call(s,s.__data__,a,n)+"",c.has(m)?i[a]=s:c.set(m,s));for(a=0;a<p;++a)m=u.call(t,o[a],
a,o)+"",(s=c.get(m))?(r[a]=s,s.__data__=o[a],c.delete(m)):e[a]=new St(t,o[a]);for(a=0;a<f;++a)(s=n[a])&&c.get(
g[a])===s&&(i[a]=s)}function pr(t){return t.__data__}function gr(t,n){if(!arguments.length)return Array.from(this,
pr);var e=n?hr:fr,r=this._parents,i=this._groups;typeof t!="function"&&(t=lr(t));for(var o=i.length,u=new Array(
o),a=new Array(o),s=new Array(o),c=0;c<o;++c){var f=r[c],p=i[c],g=p.length,m=mr(t.call(f,f&&f.__data__,c,r)),b=m.
length,N=a[c]=new Array(b),k=u[c]=new Array(b),v=s[c]=new Array(g);e(f,p,N,k,v,m,n);for(var T=0,S=0,B,O;T<b;++T)
if(B=N[T]){for(T>=S&&(S=T+1);!(O=k[S])&&++S<b;);B._next=O||null}}return u=new C(u,r),u._enter=a,u._exit=s,u}function mr(t){
return typeof t=="object"&&"length"in t?t:Array.from(t)}function dr(){return new C(this._exit||this._groups.map(
qn),this._parents)}function yr(t,n,e){var r=this.enter(),i=this,o=this.exit();return typeof t=="function"?(r=t(
r),r&&(r=r.selection())):r=r.append(t+""),n!=null&&(i=n(i),i&&(i=i.selection())),e==null?o.remove():e(o),r&&i?
r.merge(i).order():i}function vr(t){for(var n=t.selection?t.selection():t,e=this._groups,r=n._groups,i=e.length,
o=r.length,u=Math.min(i,o),a=new Array(i),s=0;s<u;++s)for(var c=e[s],f=r[s],p=c.length,g=a[s]=new Array(p),m,b=0;b<
p;++b)(m=c[b]||f[b])&&(g[b]=m);for(;s<i;++s)a[s]=e[s];return new C(a,this._parents)}function _r(){for(var t=this.
_groups,n=-1,e=t.length;++n<e;)for(var r=t[n],i=r.length-1,o=r[i],u;--i>=0;)(u=r[i])&&(o&&u.compareDocumentPosition(
o)^4&&o.parentNode.insertBefore(u,o),o=u);return this}function wr(t){t||(t=xr);function n(p,g){return p&&g?t(p.
__data__,g.__data__):!p-!g}for(var e=this._groups,r=e.length,i=new Array(r),o=0;o<r;++o){for(var u=e[o],a=u.length,
s=i[o]=new Array(a),c,f=0;f<a;++f)(c=u[f])&&(s[f]=c);s.sort(n)}return new C(i,this._parents).order()}function xr(t,n){
return t<n?-1:t>n?1:t>=n?0:NaN}function br(){var t=arguments[0];return arguments[0]=this,t.apply(null,arguments),
this}function Mr(){return Array.from(this)}function Nr(){for(var t=this._groups,n=0,e=t.length;n<e;++n)for(var r=t[n],
i=0,o=r.length;i<o;++i){var u=r[i];if(u)return u}return null}function Ar(){let t=0;for(let n of this)++t;return t}
function Er(){return!this.node()}function Ir(t){for(var n=this._groups,e=0,r=n.length;e<r;++e)for(var i=n[e],o=0,
u=i.length,a;o<u;++o)(a=i[o])&&t.call(a,a.__data__,o,i);return this}function kr(t){return function(){this.removeAttribute(
t)}}function Tr(t){return function(){this.removeAttributeNS(t.space,t.local)}}function Sr(t,n){return function(){
this.setAttribute(t,n)}}function zr(t,n){return function(){this.setAttributeNS(t.space,t.local,n)}}function Cr(t,n){
return function(){var e=n.apply(this,arguments);e==null?this.removeAttribute(t):this.setAttribute(t,e)}}function Or(t,n){
return function(){var e=n.apply(this,arguments);e==null?this.removeAttributeNS(t.space,t.local):this.setAttributeNS(
t.space,t.local,e)}}function $r(t,n){var e=mt(t);if(arguments.length<2){var r=this.node();return e.local?r.getAttributeNS(
e.space,e.local):r.getAttribute(e)}return this.each((n==null?e.local?Tr:kr:typeof n=="function"?e.local?Or:Cr:
e.local?zr:Sr)(e,n))}function Pn(t){return t.ownerDocument&&t.ownerDocument.defaultView||t.document&&t||t.defaultView}
function Rr(t){return function(){this.style.removeProperty(t)}}function Dr(t,n,e){return function(){this.style.
setProperty(t,n,e)}}function qr(t,n,e){return function(){var r=n.apply(this,arguments);r==null?this.style.removeProperty(
t):this.style.setProperty(t,r,e)}}function Pr(t,n,e){return arguments.length>1?this.each((n==null?Rr:typeof n==
"function"?qr:Dr)(t,n,e??"")):nt(this.node(),t)}function nt(t,n){return t.style.getPropertyValue(n)||Pn(t).getComputedStyle(
t,null).getPropertyValue(n)}function Br(t){return function(){delete this[t]}}function Xr(t,n){return function(){
this[t]=n}}function Hr(t,n){return function(){var e=n.apply(this,arguments);e==null?delete this[t]:this[t]=e}}
function Fr(t,n){return arguments.length>1?this.each((n==null?Br:typeof n=="function"?Hr:Xr)(t,n)):this.node()[t]}
function Bn(t){return t.trim().split(/^|\s+/)}function on(t){return t.classList||new Xn(t)}function Xn(t){this.
_node=t,this._names=Bn(t.getAttribute("class")||"")}Xn.prototype={add:function(t){var n=this._names.indexOf(t);
n<0&&(this._names.push(t),this._node.setAttribute("class",this._names.join(" ")))},remove:function(t){var n=this.
_names.indexOf(t);n>=0&&(this._names.splice(n,1),this._node.setAttribute("class",this._names.join(" ")))},contains:function(t){
return this._names.indexOf(t)>=0}};function Hn(t,n){for(var e=on(t),r=-1,i=n.length;++r<i;)e.add(n[r])}function Fn(t,n){
for(var e=on(t),r=-1,i=n.length;++r<i;)e.remove(n[r])}function Lr(t){return function(){Hn(this,t)}}function Vr(t){
return function(){Fn(this,t)}}function Yr(t,n){return function(){(n.apply(this,arguments)?Hn:Fn)(this,t)}}function Gr(t,n){
var e=Bn(t+"");if(arguments.length<2){for(var r=on(this.node()),i=-1,o=e.length;++i<o;)if(!r.contains(e[i]))return!1;
return!0}return this.each((typeof n=="function"?Yr:n?Lr:Vr)(e,n))}function Ur(){this.textContent=""}function Kr(t){
return function(){this.textContent=t}}function Qr(t){return function(){var n=t.apply(this,arguments);this.textContent=
n??""}}function Zr(t){return arguments.length?this.each(t==null?Ur:(typeof t=="function"?Qr:Kr)(t)):this.node().
textContent}function Wr(){this.innerHTML=""}function Jr(t){return function(){this.innerHTML=t}}function jr(t){
return function(){var n=t.apply(this,arguments);this.innerHTML=n??""}}function ti(t){return arguments.length?this.
each(t==null?Wr:(typeof t=="function"?jr:Jr)(t)):this.node().innerHTML}function ni(){this.nextSibling&&this.parentNode.
appendChild(this)}function ei(){return this.each(ni)}function ri(){this.previousSibling&&this.parentNode.insertBefore(
this,this.parentNode.firstChild)}function ii(){return this.each(ri)}function oi(t){var n=typeof t=="function"?
t:Rn(t);return this.select(function(){return this.appendChild(n.apply(this,arguments))})}function ui(){return null}
function ai(t,n){var e=typeof t=="function"?t:Rn(t),r=n==null?ui:typeof n=="function"?n:zt(n);return this.select(
function(){return this.insertBefore(e.apply(this,arguments),r.apply(this,arguments)||null)})}function si(){var t=this.
parentNode;t&&t.removeChild(this)}function ci(){return this.each(si)}function li(){var t=this.cloneNode(!1),n=this.
parentNode;return n?n.insertBefore(t,this.nextSibling):t}function fi(){var t=this.cloneNode(!0),n=this.parentNode;
return n?n.insertBefore(t,this.nextSibling):t}function hi(t){return this.select(t?fi:li)}function pi(t){return arguments.
length?this.property("__data__",t):this.node().__data__}function gi(t){return function(n){t.call(this,n,this.__data__)}}
function mi(t){return t.trim().split(/^|\s+/).map(function(n){var e="",r=n.indexOf(".");return r>=0&&(e=n.slice(
r+1),n=n.slice(0,r)),{type:n,name:e}})}function di(t){return function(){var n=this.__on;if(n){for(var e=0,r=-1,
i=n.length,o;e<i;++e)o=n[e],(!t.type||o.type===t.type)&&o.name===t.name?this.removeEventListener(o.type,o.listener,
o.options):n[++r]=o;++r?n.length=r:delete this.__on}}}function yi(t,n,e){return function(){var r=this.__on,i,o=gi(
n);if(r){for(var u=0,a=r.length;u<a;++u)if((i=r[u]).type===t.type&&i.name===t.name){this.removeEventListener(i.
type,i.listener,i.options),this.addEventListener(i.type,i.listener=o,i.options=e),i.value=n;return}}this.addEventListener(
t.type,o,e),i={type:t.type,name:t.name,value:n,listener:o,options:e},r?r.push(i):this.__on=[i]}}function vi(t,n,e){
var r=mi(t+""),i,o=r.length,u;if(arguments.length<2){var a=this.node().__on;if(a){for(var s=0,c=a.length,f;s<c;++s)
for(i=0,f=a[s];i<o;++i)if((u=r[i]).type===f.type&&u.name===f.name)return f.value}return}for(a=n?yi:di,i=0;i<o;++i)
this.each(a(r[i],n,e));return this}function Ln(t,n,e){var r=Pn(t),i=r.CustomEvent;typeof i=="function"?i=new i(
n,e):(i=r.document.createEvent("Event"),e?(i.initEvent(n,e.bubbles,e.cancelable),i.detail=e.detail):i.initEvent(
n,!1,!1)),t.dispatchEvent(i)}function _i(t,n){return function(){return Ln(this,t,n)}}function wi(t,n){return function(){
return Ln(this,t,n.apply(this,arguments))}}function xi(t,n){return this.each((typeof n=="function"?wi:_i)(t,n))}
function*bi(){for(var t=this._groups,n=0,e=t.length;n<e;++n)for(var r=t[n],i=0,o=r.length,u;i<o;++i)(u=r[i])&&
(yield u)}var Vn=[null];function C(t,n){this._groups=t,this._parents=n}function et(){return new C([[document.documentElement]],
Vn)}function Mi(){return this}C.prototype=et.prototype={constructor:C,select:Qe,selectAll:je,selectChild:rr,selectChildren:ar,
filter:sr,data:gr,enter:cr,exit:dr,join:yr,merge:vr,selection:Mi,order:_r,sort:wr,call:br,nodes:Mr,node:Nr,size:Ar,
empty:Er,each:Ir,attr:$r,style:Pr,property:Fr,classed:Gr,text:Zr,html:ti,raise:ei,lower:ii,append:oi,insert:ai,
remove:ci,clone:hi,datum:pi,on:vi,dispatch:xi,[Symbol.iterator]:bi};function H(t){return typeof t=="string"?new C(
[[document.querySelector(t)]],[document.documentElement]):new C([[t]],Vn)}var Ni=0;function Ai(){return new nn}function nn(){this._="@"+(++Ni).toString(36)}nn.prototype=Ai.prototype={constructor:nn,
get:function(t){for(var n=this._;!(n in t);)if(!(t=t.parentNode))return;return t[n]},set:function(t,n){return t[this.
_]=n},remove:function(t){return this._ in t&&delete t[this._]},toString:function(){return this._}};function Ei(t){
let n;for(;n=t.sourceEvent;)t=n;return t}function U(t,n){if(t=Ei(t),n===void 0&&(n=t.currentTarget),n){var e=n.
ownerSVGElement||n;if(e.createSVGPoint){var r=e.createSVGPoint();return r.x=t.clientX,r.y=t.clientY,r=r.matrixTransform(
n.getScreenCTM().inverse()),[r.x,r.y]}if(n.getBoundingClientRect){var i=n.getBoundingClientRect();return[t.clientX-
i.left-n.clientLeft,t.clientY-i.top-n.clientTop]}}return[t.pageX,t.pageY]}var Ii={value:()=>{}};function dt(){for(var t=0,n=arguments.length,e={},r;t<n;++t){if(!(r=arguments[t]+"")||r in
e||/[\s.]/.test(r))throw new Error("illegal type: "+r);e[r]=[]}return new Ct(e)}function Ct(t){this._=t}function ki(t,n){
return t.trim().split(/^|\s+/).map(function(e){var r="",i=e.indexOf(".");if(i>=0&&(r=e.slice(i+1),e=e.slice(0,
i)),e&&!n.hasOwnProperty(e))throw new Error("unknown type: "+e);return{type:e,name:r}})}Ct.prototype=dt.prototype=
{constructor:Ct,on:function(t,n){var e=this._,r=ki(t+"",e),i,o=-1,u=r.length;if(arguments.length<2){for(;++o<u;)
if((i=(t=r[o]).type)&&(i=Ti(e[i],t.name)))return i;return}if(n!=null&&typeof n!="function")throw new Error("in\
valid callback: "+n);for(;++o<u;)if(i=(t=r[o]).type)e[i]=Yn(e[i],t.name,n);else if(n==null)for(i in e)e[i]=Yn(
e[i],t.name,null);return this},copy:function(){var t={},n=this._;for(var e in n)t[e]=n[e].slice();return new Ct(
t)},call:function(t,n){if((i=arguments.length-2)>0)for(var e=new Array(i),r=0,i,o;r<i;++r)e[r]=arguments[r+2];
if(!this._.hasOwnProperty(t))throw new Error("unknown type: "+t);for(o=this._[t],r=0,i=o.length;r<i;++r)o[r].value.
apply(n,e)},apply:function(t,n,e){if(!this._.hasOwnProperty(t))throw new Error("unknown type: "+t);for(var r=this.
_[t],i=0,o=r.length;i<o;++i)r[i].value.apply(n,e)}};function Ti(t,n){for(var e=0,r=t.length,i;e<r;++e)if((i=t[e]).
name===n)return i.value}function Yn(t,n,e){for(var r=0,i=t.length;r<i;++r)if(t[r].name===n){t[r]=Ii,t=t.slice(
0,r).concat(t.slice(r+1));break}return e!=null&&t.push({name:n,value:e}),t}var un={capture:!0,passive:!1};function an(t){t.preventDefault(),t.stopImmediatePropagation()}function Gn(t){var n=t.document.documentElement,
e=H(t).on("dragstart.drag",an,un);"onselectstart"in n?e.on("selectstart.drag",an,un):(n.__noselect=n.style.MozUserSelect,
n.style.MozUserSelect="none")}function Un(t,n){var e=t.document.documentElement,r=H(t).on("dragstart.drag",null);
n&&(r.on("click.drag",an,un),setTimeout(function(){r.on("click.drag",null)},0)),"onselectstart"in e?r.on("sele\
ctstart.drag",null):(e.style.MozUserSelect=e.__noselect,delete e.__noselect)}function Si(t,{sourceEvent:n,subject:e,target:r,identifier:i,active:o,x:u,y:a,dx:s,dy:c,dispatch:f}){Object.defineProperties(
this,{type:{value:t,enumerable:!0,configurable:!0},sourceEvent:{value:n,enumerable:!0,configurable:!0},subject:{
value:e,enumerable:!0,configurable:!0},target:{value:r,enumerable:!0,configurable:!0},identifier:{value:i,enumerable:!0,
configurable:!0},active:{value:o,enumerable:!0,configurable:!0},x:{value:u,enumerable:!0,configurable:!0},y:{value:a,
enumerable:!0,configurable:!0},dx:{value:s,enumerable:!0,configurable:!0},dy:{value:c,enumerable:!0,configurable:!0},
_:{value:f}})}Si.prototype.on=function(){var t=this._.on.apply(this._,arguments);return t===this._?this:t};function ht(t,n,e){t.prototype=n.prototype=e,e.constructor=t}function _t(t,n){var e=Object.create(t.prototype);
for(var r in n)e[r]=n[r];return e}function tt(){}var ut=.7,ft=1/ut,ct="\\s*([+-]?\\d+)\\s*",yt="\\s*([+-]?(?:\\d\
*\\.)?\\d+(?:[eE][+-]?\\d+)?)\\s*",F="\\s*([+-]?(?:\\d*\\.)?\\d+(?:[eE][+-]?\\d+)?)%\\s*",zi=/^#([0-9a-f]{3,8})$/,
Ci=new RegExp(`^rgb\\(${ct},${ct},${ct}\\)$`),Oi=new RegExp(`^rgb\\(${F},${F},${F}\\)$`),$i=new RegExp(`^rgba\\\
(${ct},${ct},${ct},${yt}\\)$`),Ri=new RegExp(`^rgba\\(${F},${F},${F},${yt}\\)$`),Di=new RegExp(`^hsl\\(${yt},${F}\
,${F}\\)$`),qi=new RegExp(`^hsla\\(${yt},${F},${F},${yt}\\)$`),Kn={aliceblue:15792383,antiquewhite:16444375,aqua:65535,
aquamarine:8388564,azure:15794175,beige:16119260,bisque:16770244,black:0,blanchedalmond:16772045,blue:255,blueviolet:9055202,
brown:10824234,burlywood:14596231,cadetblue:6266528,chartreuse:8388352,chocolate:13789470,coral:16744272,cornflowerblue:6591981,
cornsilk:16775388,crimson:14423100,cyan:65535,darkblue:139,darkcyan:35723,darkgoldenrod:12092939,darkgray:11119017,
darkgreen:25600,darkgrey:11119017,darkkhaki:12433259,darkmagenta:9109643,darkolivegreen:5597999,darkorange:16747520,
darkorchid:10040012,darkred:9109504,darksalmon:15308410,darkseagreen:9419919,darkslateblue:4734347,darkslategray:3100495,
darkslategrey:3100495,darkturquoise:52945,darkviolet:9699539,deeppink:16716947,deepskyblue:49151,dimgray:6908265,
dimgrey:6908265,dodgerblue:2003199,firebrick:11674146,floralwhite:16775920,forestgreen:2263842,fuchsia:16711935,
gainsboro:14474460,ghostwhite:16316671,gold:16766720,goldenrod:14329120,gray:8421504,green:32768,greenyellow:11403055,
grey:8421504,honeydew:15794160,hotpink:16738740,indianred:13458524,indigo:4915330,ivory:16777200,khaki:15787660,
lavender:15132410,lavenderblush:16773365,lawngreen:8190976,lemonchiffon:16775885,lightblue:11393254,lightcoral:15761536,
lightcyan:14745599,lightgoldenrodyellow:16448210,lightgray:13882323,lightgreen:9498256,lightgrey:13882323,lightpink:16758465,
lightsalmon:16752762,lightseagreen:2142890,lightskyblue:8900346,lightslategray:7833753,lightslategrey:7833753,
lightsteelblue:11584734,lightyellow:16777184,lime:65280,limegreen:3329330,linen:16445670,magenta:16711935,maroon:8388608,
mediumaquamarine:6737322,mediumblue:205,mediumorchid:12211667,mediumpurple:9662683,mediumseagreen:3978097,mediumslateblue:8087790,
mediumspringgreen:64154,mediumturquoise:4772300,mediumvioletred:13047173,midnightblue:1644912,mintcream:16121850,
mistyrose:16770273,moccasin:16770229,navajowhite:16768685,navy:128,oldlace:16643558,olive:8421376,olivedrab:7048739,
orange:16753920,orangered:16729344,orchid:14315734,palegoldenrod:15657130,palegreen:10025880,paleturquoise:11529966,
palevioletred:14381203,papayawhip:16773077,peachpuff:16767673,peru:13468991,pink:16761035,plum:14524637,powderblue:11591910,
purple:8388736,rebeccapurple:6697881,red:16711680,rosybrown:12357519,royalblue:4286945,saddlebrown:9127187,salmon:16416882,
sandybrown:16032864,seagreen:3050327,seashell:16774638,sienna:10506797,silver:12632256,skyblue:8900331,slateblue:6970061,
slategray:7372944,slategrey:7372944,snow:16775930,springgreen:65407,steelblue:4620980,tan:13808780,teal:32896,
thistle:14204888,tomato:16737095,turquoise:4251856,violet:15631086,wheat:16113331,white:16777215,whitesmoke:16119285,
yellow:16776960,yellowgreen:10145074};ht(tt,at,{copy(t){return Object.assign(new this.constructor,this,t)},displayable(){
return this.rgb().displayable()},hex:Qn,formatHex:Qn,formatHex8:Pi,formatHsl:Bi,formatRgb:Zn,toString:Zn});function Qn(){
return this.rgb().formatHex()}function Pi(){return this.rgb().formatHex8()}function Bi(){return oe(this).formatHsl()}
function Zn(){return this.rgb().formatRgb()}function at(t){var n,e;return t=(t+"").trim().toLowerCase(),(n=zi.
exec(t))?(e=n[1].length,n=parseInt(n[1],16),e===6?Wn(n):e===3?new E(n>>8&15|n>>4&240,n>>4&15|n&240,(n&15)<<4|n&
15,1):e===8?Ot(n>>24&255,n>>16&255,n>>8&255,(n&255)/255):e===4?Ot(n>>12&15|n>>8&240,n>>8&15|n>>4&240,n>>4&15|n&
240,((n&15)<<4|n&15)/255):null):(n=Ci.exec(t))?new E(n[1],n[2],n[3],1):(n=Oi.exec(t))?new E(n[1]*255/100,n[2]*
255/100,n[3]*255/100,1):(n=$i.exec(t))?Ot(n[1],n[2],n[3],n[4]):(n=Ri.exec(t))?Ot(n[1]*255/100,n[2]*255/100,n[3]*
255/100,n[4]):(n=Di.exec(t))?te(n[1],n[2]/100,n[3]/100,1):(n=qi.exec(t))?te(n[1],n[2]/100,n[3]/100,n[4]):Kn.hasOwnProperty(
t)?Wn(Kn[t]):t==="transparent"?new E(NaN,NaN,NaN,0):null}function Wn(t){return new E(t>>16&255,t>>8&255,t&255,
1)}function Ot(t,n,e,r){return r<=0&&(t=n=e=NaN),new E(t,n,e,r)}function pn(t){return t instanceof tt||(t=at(t)),
t?(t=t.rgb(),new E(t.r,t.g,t.b,t.opacity)):new E}function wt(t,n,e,r){return arguments.length===1?pn(t):new E(
t,n,e,r??1)}function E(t,n,e,r){this.r=+t,this.g=+n,this.b=+e,this.opacity=+r}ht(E,wt,_t(tt,{brighter(t){return t=
t==null?ft:Math.pow(ft,t),new E(this.r*t,this.g*t,this.b*t,this.opacity)},darker(t){return t=t==null?ut:Math.pow(
ut,t),new E(this.r*t,this.g*t,this.b*t,this.opacity)},rgb(){return this},clamp(){return new E(it(this.r),it(this.
g),it(this.b),Rt(this.opacity))},displayable(){return-.5<=this.r&&this.r<255.5&&-.5<=this.g&&this.g<255.5&&-.5<=
this.b&&this.b<255.5&&0<=this.opacity&&this.opacity<=1},hex:Jn,formatHex:Jn,formatHex8:Xi,formatRgb:jn,toString:jn}));
function Jn(){return`#${rt(this.r)}${rt(this.g)}${rt(this.b)}`}function Xi(){return`#${rt(this.r)}${rt(this.g)}${rt(
this.b)}${rt((isNaN(this.opacity)?1:this.opacity)*255)}`}function jn(){let t=Rt(this.opacity);return`${t===1?"\
rgb(":"rgba("}${it(this.r)}, ${it(this.g)}, ${it(this.b)}${t===1?")":`, ${t})`}`}function Rt(t){return isNaN(t)?
1:Math.max(0,Math.min(1,t))}function it(t){return Math.max(0,Math.min(255,Math.round(t)||0))}function rt(t){return t=
it(t),(t<16?"0":"")+t.toString(16)}function te(t,n,e,r){return r<=0?t=n=e=NaN:e<=0||e>=1?t=n=NaN:n<=0&&(t=NaN),
new q(t,n,e,r)}function oe(t){if(t instanceof q)return new q(t.h,t.s,t.l,t.opacity);if(t instanceof tt||(t=at(
t)),!t)return new q;if(t instanceof q)return t;t=t.rgb();var n=t.r/255,e=t.g/255,r=t.b/255,i=Math.min(n,e,r),o=Math.
max(n,e,r),u=NaN,a=o-i,s=(o+i)/2;return a?(n===o?u=(e-r)/a+(e<r)*6:e===o?u=(r-n)/a+2:u=(n-e)/a+4,a/=s<.5?o+i:2-
o-i,u*=60):a=s>0&&s<1?0:u,new q(u,a,s,t.opacity)}function qt(t,n,e,r){return arguments.length===1?oe(t):new q(
t,n,e,r??1)}function q(t,n,e,r){this.h=+t,this.s=+n,this.l=+e,this.opacity=+r}ht(q,qt,_t(tt,{brighter(t){return t=
t==null?ft:Math.pow(ft,t),new q(this.h,this.s,this.l*t,this.opacity)},darker(t){return t=t==null?ut:Math.pow(ut,
t),new q(this.h,this.s,this.l*t,this.opacity)},rgb(){var t=this.h%360+(this.h<0)*360,n=isNaN(t)||isNaN(this.s)?
0:this.s,e=this.l,r=e+(e<.5?e:1-e)*n,i=2*e-r;return new E(sn(t>=240?t-240:t+120,i,r),sn(t,i,r),sn(t<120?t+240:
t-120,i,r),this.opacity)},clamp(){return new q(ne(this.h),$t(this.s),$t(this.l),Rt(this.opacity))},displayable(){
return(0<=this.s&&this.s<=1||isNaN(this.s))&&0<=this.l&&this.l<=1&&0<=this.opacity&&this.opacity<=1},formatHsl(){
let t=Rt(this.opacity);return`${t===1?"hsl(":"hsla("}${ne(this.h)}, ${$t(this.s)*100}%, ${$t(this.l)*100}%${t===
1?")":`, ${t})`}`}}));function ne(t){return t=(t||0)%360,t<0?t+360:t}function $t(t){return Math.max(0,Math.min(
1,t||0))}function sn(t,n,e){return(t<60?n+(e-n)*t/60:t<180?e:t<240?n+(e-n)*(240-t)/60:n)*255}var ue=Math.PI/180,
ae=180/Math.PI,Dt=18,se=.96422,ce=1,le=.82521,fe=4/29,lt=6/29,he=3*lt*lt,Hi=lt*lt*lt;function pe(t){if(t instanceof
L)return new L(t.l,t.a,t.b,t.opacity);if(t instanceof K)return me(t);t instanceof E||(t=pn(t));var n=hn(t.r),e=hn(
t.g),r=hn(t.b),i=cn((.2225045*n+.7168786*e+.0606169*r)/ce),o,u;return n===e&&e===r?o=u=i:(o=cn((.4360747*n+.3850649*
e+.1430804*r)/se),u=cn((.0139322*n+.0971045*e+.7141733*r)/le)),new L(116*i-16,500*(o-i),200*(i-u),t.opacity)}function ge(t,n,e,r){return arguments.length===1?pe(t):new L(t,n,e,r??1)}function L(t,n,e,r){this.l=+t,this.a=
+n,this.b=+e,this.opacity=+r}ht(L,ge,_t(tt,{brighter(t){return new L(this.l+Dt*(t??1),this.a,this.b,this.opacity)},
darker(t){return new L(this.l-Dt*(t??1),this.a,this.b,this.opacity)},rgb(){var t=(this.l+16)/116,n=isNaN(this.
a)?t:t+this.a/500,e=isNaN(this.b)?t:t-this.b/200;return n=se*ln(n),t=ce*ln(t),e=le*ln(e),new E(fn(3.1338561*n-
1.6168667*t-.4906146*e),fn(-.9787684*n+1.9161415*t+.033454*e),fn(.0719453*n-.2289914*t+1.4052427*e),this.opacity)}}));
function cn(t){return t>Hi?Math.pow(t,1/3):t/he+fe}function ln(t){return t>lt?t*t*t:he*(t-fe)}function fn(t){return 255*
(t<=.0031308?12.92*t:1.055*Math.pow(t,1/2.4)-.055)}function hn(t){return(t/=255)<=.04045?t/12.92:Math.pow((t+.055)/
1.055,2.4)}function Fi(t){if(t instanceof K)return new K(t.h,t.c,t.l,t.opacity);if(t instanceof L||(t=pe(t)),t.
a===0&&t.b===0)return new K(NaN,0<t.l&&t.l<100?0:NaN,t.l,t.opacity);var n=Math.atan2(t.b,t.a)*ae;return new K(
n<0?n+360:n,Math.sqrt(t.a*t.a+t.b*t.b),t.l,t.opacity)}function Pt(t,n,e,r){return arguments.length===1?Fi(t):new K(t,n,e,r??1)}function K(t,n,e,r){this.h=+t,this.c=
+n,this.l=+e,this.opacity=+r}function me(t){if(isNaN(t.h))return new L(t.l,0,0,t.opacity);var n=t.h*ue;return new L(
t.l,Math.cos(n)*t.c,Math.sin(n)*t.c,t.opacity)}ht(K,Pt,_t(tt,{brighter(t){return new K(this.h,this.c,this.l+Dt*
(t??1),this.opacity)},darker(t){return new K(this.h,this.c,this.l-Dt*(t??1),this.opacity)},rgb(){return me(this).
rgb()}}));var de=-.14861,gn=1.78277,mn=-.29227,Bt=-.90649,vt=1.97294,ee=vt*Bt,re=vt*gn,ie=gn*mn-Bt*de;function Li(t){
if(t instanceof ot)return new ot(t.h,t.s,t.l,t.opacity);t instanceof E||(t=pn(t));var n=t.r/255,e=t.g/255,r=t.
b/255,i=(ie*r+ee*n-re*e)/(ie+ee-re),o=r-i,u=(vt*(e-i)-mn*o)/Bt,a=Math.sqrt(u*u+o*o)/(vt*i*(1-i)),s=a?Math.atan2(
u,o)*ae-120:NaN;return new ot(s<0?s+360:s,a,i,t.opacity)}function Xt(t,n,e,r){return arguments.length===1?Li(t):
new ot(t,n,e,r??1)}function ot(t,n,e,r){this.h=+t,this.s=+n,this.l=+e,this.opacity=+r}ht(ot,Xt,_t(tt,{brighter(t){
return t=t==null?ft:Math.pow(ft,t),new ot(this.h,this.s,this.l*t,this.opacity)},darker(t){return t=t==null?ut:
Math.pow(ut,t),new ot(this.h,this.s,this.l*t,this.opacity)},rgb(){var t=isNaN(this.h)?0:(this.h+120)*ue,n=+this.
l,e=isNaN(this.s)?0:this.s*n*(1-n),r=Math.cos(t),i=Math.sin(t);return new E(255*(n+e*(de*r+gn*i)),255*(n+e*(mn*
r+Bt*i)),255*(n+e*(vt*r)),this.opacity)}}));function _e(t,n,e,r,i){var o=t*t,u=o*t;return((1-3*t+3*o-u)*n+(4-6*o+3*u)*e+(1+3*t+3*o-3*u)*r+u*i)/6}function Vi(t){
var n=t.length-1;return function(e){var r=e<=0?e=0:e>=1?(e=1,n-1):Math.floor(e*n),i=t[r],o=t[r+1],u=r>0?t[r-1]:
2*i-o,a=r<n-1?t[r+2]:2*o-i;return _e((e-r/n)*n,u,i,o,a)}}function Yi(t){var n=t.length;return function(e){var r=Math.
floor(((e%=1)<0?++e:e)*n),i=t[(r+n-1)%n],o=t[r%n],u=t[(r+1)%n],a=t[(r+2)%n];return _e((e-r/n)*n,i,o,u,a)}}var _n=t=>()=>t;
function we(t,n){return function(e){return t+e*n}}function Gi(t,n,e){return t=Math.pow(t,e),n=Math.pow(n,e)-t,
e=1/e,function(r){return Math.pow(t+r*n,e)}}function wn(t,n){var e=n-t;return e?we(t,e>180||e<-180?e-360*Math.
round(e/360):e):_n(isNaN(t)?n:t)}function Ui(t){return(t=+t)==1?z:function(n,e){return e-n?Gi(n,e,t):_n(isNaN(
n)?e:n)}}function z(t,n){var e=n-t;return e?we(t,e):_n(isNaN(t)?n:t)}var xn=(function t(n){var e=Ui(n);function r(i,o){
var u=e((i=wt(i)).r,(o=wt(o)).r),a=e(i.g,o.g),s=e(i.b,o.b),c=z(i.opacity,o.opacity);return function(f){return i.
r=u(f),i.g=a(f),i.b=s(f),i.opacity=c(f),i+""}}return r.gamma=t,r})(1);function xe(t){return function(n){var e=n.
length,r=new Array(e),i=new Array(e),o=new Array(e),u,a;for(u=0;u<e;++u)a=wt(n[u]),r[u]=a.r||0,i[u]=a.g||0,o[u]=
a.b||0;return r=t(r),i=t(i),o=t(o),a.opacity=1,function(s){return a.r=r(s),a.g=i(s),a.b=o(s),a+""}}}var ku=xe(
Vi),Tu=xe(Yi);function Q(t,n){return t=+t,n=+n,function(e){return t*(1-e)+n*e}}var yn=/[-+]?(?:\d+\.?\d*|\.?\d+)(?:[eE][-+]?\d+)?/g,dn=new RegExp(yn.source,"g");function Ki(t){return function(){
return t}}function Qi(t){return function(n){return t(n)+""}}function be(t,n){var e=yn.lastIndex=dn.lastIndex=0,
r,i,o,u=-1,a=[],s=[];for(t=t+"",n=n+"";(r=yn.exec(t))&&(i=dn.exec(n));)(o=i.index)>e&&(o=n.slice(e,o),a[u]?a[u]+=
o:a[++u]=o),(r=r[0])===(i=i[0])?a[u]?a[u]+=i:a[++u]=i:(a[++u]=null,s.push({i:u,x:Q(r,i)})),e=dn.lastIndex;return e<
n.length&&(o=n.slice(e),a[u]?a[u]+=o:a[++u]=o),a.length<2?s[0]?Qi(s[0].x):Ki(n):(n=s.length,function(c){for(var f=0,
p;f<n;++f)a[(p=s[f]).i]=p.x(c);return a.join("")})}var ye=180/Math.PI,vn={translateX:0,translateY:0,rotate:0,skewX:0,scaleX:1,scaleY:1};function Me(t,n,e,r,i,o){
var u,a,s;return(u=Math.sqrt(t*t+n*n))&&(t/=u,n/=u),(s=t*e+n*r)&&(e-=t*s,r-=n*s),(a=Math.sqrt(e*e+r*r))&&(e/=a,
r/=a,s/=a),t*r<n*e&&(t=-t,n=-n,s=-s,u=-u),{translateX:i,translateY:o,rotate:Math.atan2(n,t)*ye,skewX:Math.atan(
s)*ye,scaleX:u,scaleY:a}}var Ht;function Zi(t){let n=new(typeof DOMMatrix=="function"?DOMMatrix:WebKitCSSMatrix)(
t+"");return n.isIdentity?vn:Me(n.a,n.b,n.c,n.d,n.e,n.f)}function Wi(t){return t==null||(Ht||(Ht=document.createElementNS(
"http://www.w3.org/2000/svg","g")),Ht.setAttribute("transform",t),!(t=Ht.transform.baseVal.consolidate()))?vn:
(t=t.matrix,Me(t.a,t.b,t.c,t.d,t.e,t.f))}function Ne(t,n,e,r){function i(c){return c.length?c.pop()+" ":""}function o(c,f,p,g,m,b){
if(c!==p||f!==g){var N=m.push("translate(",null,n,null,e);b.push({i:N-4,x:Q(c,p)},{i:N-2,x:Q(f,g)})}else(p||g)&&
m.push("translate("+p+n+g+e)}function u(c,f,p,g){c!==f?(c-f>180?f+=360:f-c>180&&(c+=360),g.push({i:p.push(i(p)+
"rotate(",null,r)-2,x:Q(c,f)})):f&&p.push(i(p)+"rotate("+f+r)}function a(c,f,p,g){c!==f?g.push({i:p.push(i(p)+
"skewX(",null,r)-2,x:Q(c,f)}):f&&p.push(i(p)+"skewX("+f+r)}function s(c,f,p,g,m,b){if(c!==p||f!==g){var N=m.push(
i(m)+"scale(",null,",",null,")");b.push({i:N-4,x:Q(c,p)},{i:N-2,x:Q(f,g)})}else(p!==1||g!==1)&&m.push(i(m)+"sc\
ale("+p+","+g+")")}return function(c,f){var p=[],g=[];return c=t(c),f=t(f),o(c.translateX,c.translateY,f.translateX,
f.translateY,p,g),u(c.rotate,f.rotate,p,g),a(c.skewX,f.skewX,p,g),s(c.scaleX,c.scaleY,f.scaleX,f.scaleY,p,g),c=
f=null,function(m){for(var b=-1,N=g.length,k;++b<N;)p[(k=g[b]).i]=k.x(m);return p.join("")}}}var Ae=Ne(Zi,"px,\
 ","px)","deg)"),Ee=Ne(Wi,", ",")",")"),Ji=1e-12;function ve(t){return((t=Math.exp(t))+1/t)/2}function ji(t){return((t=
Math.exp(t))-1/t)/2}function to(t){return((t=Math.exp(2*t))-1)/(t+1)}var Ie=(function t(n,e,r){function i(o,u){
var a=o[0],s=o[1],c=o[2],f=u[0],p=u[1],g=u[2],m=f-a,b=p-s,N=m*m+b*b,k,v;if(N<Ji)v=Math.log(g/c)/n,k=function(j){
return[a+j*m,s+j*b,c*Math.exp(n*j*v)]};else{var T=Math.sqrt(N),S=(g*g-c*c+r*N)/(2*c*e*T),B=(g*g-c*c-r*N)/(2*g*
e*T),O=Math.log(Math.sqrt(S*S+1)-S),$=Math.log(Math.sqrt(B*B+1)-B);v=($-O)/n,k=function(j){var It=j*v,kt=ve(O),
Tt=c/(e*T)*(kt*to(n*It+O)-ji(O));return[a+Tt*m,s+Tt*b,c*kt/ve(n*It+O)]}}return k.duration=Math.abs(v)*1e3*n/Math.
SQRT2,k}return i.rho=function(o){var u=Math.max(.001,+o),a=u*u,s=a*a;return t(u,a,s)},i})(Math.SQRT2,2,4);function ke(t){
return function(n,e){var r=t((n=qt(n)).h,(e=qt(e)).h),i=z(n.s,e.s),o=z(n.l,e.l),u=z(n.opacity,e.opacity);return function(a){
return n.h=r(a),n.s=i(a),n.l=o(a),n.opacity=u(a),n+""}}}var Su=ke(wn),zu=ke(z);function Te(t){return function(n,e){var r=t((n=Pt(n)).h,(e=Pt(e)).h),i=z(n.c,e.c),o=z(n.l,e.l),u=z(n.opacity,e.
opacity);return function(a){return n.h=r(a),n.c=i(a),n.l=o(a),n.opacity=u(a),n+""}}}var Cu=Te(wn),Ou=Te(z);function Se(t){
return(function n(e){e=+e;function r(i,o){var u=t((i=Xt(i)).h,(o=Xt(o)).h),a=z(i.s,o.s),s=z(i.l,o.l),c=z(i.opacity,
o.opacity);return function(f){return i.h=u(f),i.s=a(f),i.l=s(Math.pow(f,e)),i.opacity=c(f),i+""}}return r.gamma=
n,r})(1)}var $u=Se(wn),Ru=Se(z);var pt=0,bt=0,xt=0,Ce=1e3,Ft,Mt,Lt=0,st=0,Yt=0,Nt=typeof performance=="object"&&performance.now?performance:Date,
Oe=typeof window=="object"&&window.requestAnimationFrame?window.requestAnimationFrame.bind(window):function(t){
setTimeout(t,17)};function Gt(){return st||(Oe(no),st=Nt.now()+Yt)}function no(){st=0}function Vt(){this._call=
this._time=this._next=null}Vt.prototype=Mn.prototype={constructor:Vt,restart:function(t,n,e){if(typeof t!="fun\
ction")throw new TypeError("callback is not a function");e=(e==null?Gt():+e)+(n==null?0:+n),!this._next&&Mt!==
this&&(Mt?Mt._next=this:Ft=this,Mt=this),this._call=t,this._time=e,bn()},stop:function(){this._call&&(this._call=
null,this._time=1/0,bn())}};function Mn(t,n,e){var r=new Vt;return r.restart(t,n,e),r}function eo(){Gt(),++pt;
for(var t=Ft,n;t;)(n=st-t._time)>=0&&t._call.call(void 0,n),t=t._next;--pt}function ze(){st=(Lt=Nt.now())+Yt,pt=
bt=0;try{eo()}finally{pt=0,io(),st=0}}function ro(){var t=Nt.now(),n=t-Lt;n>Ce&&(Yt-=n,Lt=t)}function io(){for(var t,
n=Ft,e,r=1/0;n;)n._call?(r>n._time&&(r=n._time),t=n,n=n._next):(e=n._next,n._next=null,n=t?t._next=e:Ft=e);Mt=
t,bn(r)}function bn(t){if(!pt){bt&&(bt=clearTimeout(bt));var n=t-st;n>24?(t<1/0&&(bt=setTimeout(ze,Math.ceil(t-
Nt.now()-Yt)+1)),xt&&(xt=clearInterval(xt))):(xt||(Lt=Nt.now(),xt=setInterval(ro,Ce)),pt=1,Oe(ze))}}function Nn(t,n,e){
var r=new Vt;return n=n==null?0:+n,r.restart(i=>{r.stop(),t(i+n)},n,e),r}function Re(t){return((t*=2)<=1?t*t*t:(t-=2)*t*t+2)/2}var An=3,Pu=(function t(n){n=+n;function e(r){return Math.
pow(r,n)}return e.exponent=t,e})(An),Bu=(function t(n){n=+n;function e(r){return 1-Math.pow(1-r,n)}return e.exponent=
t,e})(An),Xu=(function t(n){n=+n;function e(r){return((r*=2)<=1?Math.pow(r,n):2-Math.pow(2-r,n))/2}return e.exponent=
t,e})(An),oo=Math.PI,Hu=oo/2;function Ut(t){return(Math.pow(2,-10*t)-.0009765625)*1.0009775171065494}var $e=4/11,Fu=6/11,Lu=8/11,Vu=3/4,Yu=9/11,Gu=10/11,Uu=15/16,Ku=21/22,Qu=63/64,Zu=1/$e/$e;var En=1.70158,Wu=(function t(n){n=+n;function e(r){return(r=+r)*r*(n*(r-1)+r)}return e.overshoot=t,e})(En),Ju=(function t(n){
n=+n;function e(r){return--r*r*((r+1)*n+r)+1}return e.overshoot=t,e})(En),ju=(function t(n){n=+n;function e(r){
return((r*=2)<1?r*r*((n+1)*r-n):(r-=2)*r*((n+1)*r+n)+2)/2}return e.overshoot=t,e})(En),gt=2*Math.PI,In=1,kn=.3,
ta=(function t(n,e){var r=Math.asin(1/(n=Math.max(1,n)))*(e/=gt);function i(o){return n*Ut(- --o)*Math.sin((r-
o)/e)}return i.amplitude=function(o){return t(o,e*gt)},i.period=function(o){return t(n,o)},i})(In,kn),na=(function t(n,e){
var r=Math.asin(1/(n=Math.max(1,n)))*(e/=gt);function i(o){return 1-n*Ut(o=+o)*Math.sin((o+r)/e)}return i.amplitude=
function(o){return t(o,e*gt)},i.period=function(o){return t(n,o)},i})(In,kn),ea=(function t(n,e){var r=Math.asin(
1/(n=Math.max(1,n)))*(e/=gt);function i(o){return((o=o*2-1)<0?n*Ut(-o)*Math.sin((r-o)/e):2-n*Ut(o)*Math.sin((r+
o)/e))/2}return i.amplitude=function(o){return t(o,e*gt)},i.period=function(o){return t(n,o)},i})(In,kn);var uo=dt("start","end","cancel","interrupt"),ao=[],Pe=0,De=1,Tn=2,Kt=3,qe=4,Sn=5,Qt=6;function Zt(t,n,e,r,i,o){
var u=t.__transition;if(!u)t.__transition={};else if(e in u)return;so(t,e,{name:n,index:r,group:i,on:uo,tween:ao,
time:o.time,delay:o.delay,duration:o.duration,ease:o.ease,timer:null,state:Pe})}function zn(t,n){var e=P(t,n);
if(e.state>Pe)throw new Error("too late; already scheduled");return e}function V(t,n){var e=P(t,n);if(e.state>
Kt)throw new Error("too late; already running");return e}function P(t,n){var e=t.__transition;if(!e||!(e=e[n]))
throw new Error("transition not found");return e}function so(t,n,e){var r=t.__transition,i;r[n]=e,e.timer=Mn(o,
0,e.time);function o(c){e.state=De,e.timer.restart(u,e.delay,e.time),e.delay<=c&&u(c-e.delay)}function u(c){var f,
p,g,m;if(e.state!==De)return s();for(f in r)if(m=r[f],m.name===e.name){if(m.state===Kt)return Nn(u);m.state===
qe?(m.state=Qt,m.timer.stop(),m.on.call("interrupt",t,t.__data__,m.index,m.group),delete r[f]):+f<n&&(m.state=
Qt,m.timer.stop(),m.on.call("cancel",t,t.__data__,m.index,m.group),delete r[f])}if(Nn(function(){e.state===Kt&&
(e.state=qe,e.timer.restart(a,e.delay,e.time),a(c))}),e.state=Tn,e.on.call("start",t,t.__data__,e.index,e.group),
e.state===Tn){for(e.state=Kt,i=new Array(g=e.tween.length),f=0,p=-1;f<g;++f)(m=e.tween[f].value.call(t,t.__data__,
e.index,e.group))&&(i[++p]=m);i.length=p+1}}function a(c){for(var f=c<e.duration?e.ease.call(null,c/e.duration):
(e.timer.restart(s),e.state=Sn,1),p=-1,g=i.length;++p<g;)i[p].call(t,f);e.state===Sn&&(e.on.call("end",t,t.__data__,
e.index,e.group),s())}function s(){e.state=Qt,e.timer.stop(),delete r[n];for(var c in r)return;delete t.__transition}}
function At(t,n){var e=t.__transition,r,i,o=!0,u;if(e){n=n==null?null:n+"";for(u in e){if((r=e[u]).name!==n){o=
!1;continue}i=r.state>Tn&&r.state<Sn,r.state=Qt,r.timer.stop(),r.on.call(i?"interrupt":"cancel",t,t.__data__,r.
index,r.group),delete e[u]}o&&delete t.__transition}}function co(t){return this.each(function(){At(this,t)})}function lo(t,n){
var e,r;return function(){var i=V(this,t),o=i.tween;if(o!==e){r=e=o;for(var u=0,a=r.length;u<a;++u)if(r[u].name===
n){r=r.slice(),r.splice(u,1);break}}i.tween=r}}function fo(t,n,e){var r,i;if(typeof e!="function")throw new Error;
return function(){var o=V(this,t),u=o.tween;if(u!==r){i=(r=u).slice();for(var a={name:n,value:e},s=0,c=i.length;s<
c;++s)if(i[s].name===n){i[s]=a;break}s===c&&i.push(a)}o.tween=i}}function ho(t,n){var e=this._id;if(t+="",arguments.
length<2){for(var r=P(this.node(),e).tween,i=0,o=r.length,u;i<o;++i)if((u=r[i]).name===t)return u.value;return null}
return this.each((n==null?lo:fo)(e,t,n))}function Cn(t,n,e){var r=t._id;return t.each(function(){var i=V(this,
r);(i.value||(i.value={}))[n]=e.apply(this,arguments)}),function(i){return P(i,r).value[n]}}function Be(t,n){var e;
return(typeof n=="number"?Q:n instanceof at?xn:(e=at(n))?(n=e,xn):be)(t,n)}function po(t){return function(){this.
removeAttribute(t)}}function go(t){return function(){this.removeAttributeNS(t.space,t.local)}}function mo(t,n,e){
var r,i=e+"",o;return function(){var u=this.getAttribute(t);return u===i?null:u===r?o:o=n(r=u,e)}}function yo(t,n,e){
var r,i=e+"",o;return function(){var u=this.getAttributeNS(t.space,t.local);return u===i?null:u===r?o:o=n(r=u,
e)}}function vo(t,n,e){var r,i,o;return function(){var u,a=e(this),s;return a==null?void this.removeAttribute(
t):(u=this.getAttribute(t),s=a+"",u===s?null:u===r&&s===i?o:(i=s,o=n(r=u,a)))}}function _o(t,n,e){var r,i,o;return function(){
var u,a=e(this),s;return a==null?void this.removeAttributeNS(t.space,t.local):(u=this.getAttributeNS(t.space,t.
local),s=a+"",u===s?null:u===r&&s===i?o:(i=s,o=n(r=u,a)))}}function wo(t,n){var e=mt(t),r=e==="transform"?Ee:Be;
return this.attrTween(t,typeof n=="function"?(e.local?_o:vo)(e,r,Cn(this,"attr."+t,n)):n==null?(e.local?go:po)(
e):(e.local?yo:mo)(e,r,n))}function xo(t,n){return function(e){this.setAttribute(t,n.call(this,e))}}function bo(t,n){
return function(e){this.setAttributeNS(t.space,t.local,n.call(this,e))}}function Mo(t,n){var e,r;function i(){
var o=n.apply(this,arguments);return o!==r&&(e=(r=o)&&bo(t,o)),e}return i._value=n,i}function No(t,n){var e,r;
function i(){var o=n.apply(this,arguments);return o!==r&&(e=(r=o)&&xo(t,o)),e}return i._value=n,i}function Ao(t,n){
var e="attr."+t;if(arguments.length<2)return(e=this.tween(e))&&e._value;if(n==null)return this.tween(e,null);if(typeof n!=
"function")throw new Error;var r=mt(t);return this.tween(e,(r.local?Mo:No)(r,n))}function Eo(t,n){return function(){
zn(this,t).delay=+n.apply(this,arguments)}}function Io(t,n){return n=+n,function(){zn(this,t).delay=n}}function ko(t){
var n=this._id;return arguments.length?this.each((typeof t=="function"?Eo:Io)(n,t)):P(this.node(),n).delay}function To(t,n){
return function(){V(this,t).duration=+n.apply(this,arguments)}}function So(t,n){return n=+n,function(){V(this,
t).duration=n}}function zo(t){var n=this._id;return arguments.length?this.each((typeof t=="function"?To:So)(n,
t)):P(this.node(),n).duration}function Co(t,n){if(typeof n!="function")throw new Error;return function(){V(this,
t).ease=n}}function Oo(t){var n=this._id;return arguments.length?this.each(Co(n,t)):P(this.node(),n).ease}function $o(t,n){
return function(){var e=n.apply(this,arguments);if(typeof e!="function")throw new Error;V(this,t).ease=e}}function Ro(t){
if(typeof t!="function")throw new Error;return this.each($o(this._id,t))}function Do(t){typeof t!="function"&&
(t=rn(t));for(var n=this._groups,e=n.length,r=new Array(e),i=0;i<e;++i)for(var o=n[i],u=o.length,a=r[i]=[],s,c=0;c<
u;++c)(s=o[c])&&t.call(s,s.__data__,c,o)&&a.push(s);return new W(r,this._parents,this._name,this._id)}function qo(t){
if(t._id!==this._id)throw new Error;for(var n=this._groups,e=t._groups,r=n.length,i=e.length,o=Math.min(r,i),u=new Array(
r),a=0;a<o;++a)for(var s=n[a],c=e[a],f=s.length,p=u[a]=new Array(f),g,m=0;m<f;++m)(g=s[m]||c[m])&&(p[m]=g);for(;a<
r;++a)u[a]=n[a];return new W(u,this._parents,this._name,this._id)}function Po(t){return(t+"").trim().split(/^|\s+/).
every(function(n){var e=n.indexOf(".");return e>=0&&(n=n.slice(0,e)),!n||n==="start"})}function Bo(t,n,e){var r,
i,o=Po(n)?zn:V;return function(){var u=o(this,t),a=u.on;a!==r&&(i=(r=a).copy()).on(n,e),u.on=i}}function Xo(t,n){
var e=this._id;return arguments.length<2?P(this.node(),e).on.on(t):this.each(Bo(e,t,n))}function Ho(t){return function(){
var n=this.parentNode;for(var e in this.__transition)if(+e!==t)return;n&&n.removeChild(this)}}function Fo(){return this.
on("end.remove",Ho(this._id))}function Lo(t){var n=this._name,e=this._id;typeof t!="function"&&(t=zt(t));for(var r=this.
_groups,i=r.length,o=new Array(i),u=0;u<i;++u)for(var a=r[u],s=a.length,c=o[u]=new Array(s),f,p,g=0;g<s;++g)(f=
a[g])&&(p=t.call(f,f.__data__,g,a))&&("__data__"in f&&(p.__data__=f.__data__),c[g]=p,Zt(c[g],n,e,g,c,P(f,e)));
return new W(o,this._parents,n,e)}function Vo(t){var n=this._name,e=this._id;typeof t!="function"&&(t=en(t));for(var r=this.
_groups,i=r.length,o=[],u=[],a=0;a<i;++a)for(var s=r[a],c=s.length,f,p=0;p<c;++p)if(f=s[p]){for(var g=t.call(f,
f.__data__,p,s),m,b=P(f,e),N=0,k=g.length;N<k;++N)(m=g[N])&&Zt(m,n,e,N,g,b);o.push(g),u.push(f)}return new W(o,
u,n,e)}var Yo=et.prototype.constructor;function Go(){return new Yo(this._groups,this._parents)}function Uo(t,n){
var e,r,i;return function(){var o=nt(this,t),u=(this.style.removeProperty(t),nt(this,t));return o===u?null:o===
e&&u===r?i:i=n(e=o,r=u)}}function Xe(t){return function(){this.style.removeProperty(t)}}function Ko(t,n,e){var r,
i=e+"",o;return function(){var u=nt(this,t);return u===i?null:u===r?o:o=n(r=u,e)}}function Qo(t,n,e){var r,i,o;
return function(){var u=nt(this,t),a=e(this),s=a+"";return a==null&&(s=a=(this.style.removeProperty(t),nt(this,
t))),u===s?null:u===r&&s===i?o:(i=s,o=n(r=u,a))}}function Zo(t,n){var e,r,i,o="style."+n,u="end."+o,a;return function(){
var s=V(this,t),c=s.on,f=s.value[o]==null?a||(a=Xe(n)):void 0;(c!==e||i!==f)&&(r=(e=c).copy()).on(u,i=f),s.on=
r}}function Wo(t,n,e){var r=(t+="")=="transform"?Ae:Be;return n==null?this.styleTween(t,Uo(t,r)).on("end.style\
."+t,Xe(t)):typeof n=="function"?this.styleTween(t,Qo(t,r,Cn(this,"style."+t,n))).each(Zo(this._id,t)):this.styleTween(
t,Ko(t,r,n),e).on("end.style."+t,null)}function Jo(t,n,e){return function(r){this.style.setProperty(t,n.call(this,
r),e)}}function jo(t,n,e){var r,i;function o(){var u=n.apply(this,arguments);return u!==i&&(r=(i=u)&&Jo(t,u,e)),
r}return o._value=n,o}function tu(t,n,e){var r="style."+(t+="");if(arguments.length<2)return(r=this.tween(r))&&
r._value;if(n==null)return this.tween(r,null);if(typeof n!="function")throw new Error;return this.tween(r,jo(t,
n,e??""))}function nu(t){return function(){this.textContent=t}}function eu(t){return function(){var n=t(this);
this.textContent=n??""}}function ru(t){return this.tween("text",typeof t=="function"?eu(Cn(this,"text",t)):nu(
t==null?"":t+""))}function iu(t){return function(n){this.textContent=t.call(this,n)}}function ou(t){var n,e;function r(){
var i=t.apply(this,arguments);return i!==e&&(n=(e=i)&&iu(i)),n}return r._value=t,r}function uu(t){var n="text";
if(arguments.length<1)return(n=this.tween(n))&&n._value;if(t==null)return this.tween(n,null);if(typeof t!="fun\
ction")throw new Error;return this.tween(n,ou(t))}function au(){for(var t=this._name,n=this._id,e=He(),r=this.
_groups,i=r.length,o=0;o<i;++o)for(var u=r[o],a=u.length,s,c=0;c<a;++c)if(s=u[c]){var f=P(s,n);Zt(s,t,e,c,u,{time:f.
time+f.delay+f.duration,delay:0,duration:f.duration,ease:f.ease})}return new W(r,this._parents,t,e)}function su(){
var t,n,e=this,r=e._id,i=e.size();return new Promise(function(o,u){var a={value:u},s={value:function(){--i===0&&
o()}};e.each(function(){var c=V(this,r),f=c.on;f!==t&&(n=(t=f).copy(),n._.cancel.push(a),n._.interrupt.push(a),
n._.end.push(s)),c.on=n}),i===0&&o()})}var cu=0;function W(t,n,e,r){this._groups=t,this._parents=n,this._name=
e,this._id=r}function lu(t){return et().transition(t)}function He(){return++cu}var Z=et.prototype;W.prototype=
lu.prototype={constructor:W,select:Lo,selectAll:Vo,selectChild:Z.selectChild,selectChildren:Z.selectChildren,filter:Do,
merge:qo,selection:Go,transition:au,call:Z.call,nodes:Z.nodes,node:Z.node,size:Z.size,empty:Z.empty,each:Z.each,
on:Xo,attr:wo,attrTween:Ao,style:Wo,styleTween:tu,text:ru,textTween:uu,remove:Fo,tween:ho,delay:ko,duration:zo,
ease:Oo,easeVarying:Ro,end:su,[Symbol.iterator]:Z[Symbol.iterator]};var fu={time:null,delay:0,duration:250,ease:Re};
function hu(t,n){for(var e;!(e=t.__transition)||!(e=e[n]);)if(!(t=t.parentNode))throw new Error(`transition ${n}\
 not found`);return e}function pu(t){var n,e;t instanceof W?(n=t._id,t=t._name):(n=He(),(e=fu).time=Gt(),t=t==
null?null:t+"");for(var r=this._groups,i=r.length,o=0;o<i;++o)for(var u=r[o],a=u.length,s,c=0;c<a;++c)(s=u[c])&&
Zt(s,t,n,c,u,e||hu(s,n));return new W(r,this._parents,t,n)}et.prototype.interrupt=co;et.prototype.transition=pu;var Wt=t=>()=>t;function gu(t,{sourceEvent:n,target:e,transform:r,dispatch:i}){Object.defineProperties(this,{type:{
value:t,enumerable:!0,configurable:!0},sourceEvent:{value:n,enumerable:!0,configurable:!0},target:{value:e,enumerable:!0,
configurable:!0},transform:{value:r,enumerable:!0,configurable:!0},_:{value:i}})}function J(t,n,e){this.k=t,this.
x=n,this.y=e}J.prototype={constructor:J,scale:function(t){return t===1?this:new J(this.k*t,this.x,this.y)},translate:function(t,n){
return t===0&n===0?this:new J(this.k,this.x+this.k*t,this.y+this.k*n)},apply:function(t){return[t[0]*this.k+this.
x,t[1]*this.k+this.y]},applyX:function(t){return t*this.k+this.x},applyY:function(t){return t*this.k+this.y},invert:function(t){
return[(t[0]-this.x)/this.k,(t[1]-this.y)/this.k]},invertX:function(t){return(t-this.x)/this.k},invertY:function(t){
return(t-this.y)/this.k},rescaleX:function(t){return t.copy().domain(t.range().map(this.invertX,this).map(t.invert,
t))},rescaleY:function(t){return t.copy().domain(t.range().map(this.invertY,this).map(t.invert,t))},toString:function(){
return"translate("+this.x+","+this.y+") scale("+this.k+")"}};var Jt=new J(1,0,0);mu.prototype=J.prototype;function mu(t){
for(;!t.__zoom;)if(!(t=t.parentNode))return Jt;return t.__zoom}function On(t){t.stopImmediatePropagation()}function Et(t){
t.preventDefault(),t.stopImmediatePropagation()}function du(t){return(!t.ctrlKey||t.type==="wheel")&&!t.button}
function yu(){var t=this;return t instanceof SVGElement?(t=t.ownerSVGElement||t,t.hasAttribute("viewBox")?(t=t.
viewBox.baseVal,[[t.x,t.y],[t.x+t.width,t.y+t.height]]):[[0,0],[t.width.baseVal.value,t.height.baseVal.value]]):
[[0,0],[t.clientWidth,t.clientHeight]]}function Fe(){return this.__zoom||Jt}function vu(t){return-t.deltaY*(t.
deltaMode===1?.05:t.deltaMode?1:.002)*(t.ctrlKey?10:1)}function _u(){return navigator.maxTouchPoints||"ontouch\
start"in this}function wu(t,n,e){var r=t.invertX(n[0][0])-e[0][0],i=t.invertX(n[1][0])-e[1][0],o=t.invertY(n[0][1])-
e[0][1],u=t.invertY(n[1][1])-e[1][1];return t.translate(i>r?(r+i)/2:Math.min(0,r)||Math.max(0,i),u>o?(o+u)/2:Math.
min(0,o)||Math.max(0,u))}function xu(){var t=du,n=yu,e=wu,r=vu,i=_u,o=[0,1/0],u=[[-1/0,-1/0],[1/0,1/0]],a=250,
s=Ie,c=dt("start","zoom","end"),f,p,g,m=500,b=150,N=0,k=10;function v(l){l.property("__zoom",Fe).on("wheel.zoo\
m",It,{passive:!1}).on("mousedown.zoom",kt).on("dblclick.zoom",Tt).filter(i).on("touchstart.zoom",Le).on("touc\
hmove.zoom",Ve).on("touchend.zoom touchcancel.zoom",Ye).style("-webkit-tap-highlight-color","rgba(0,0,0,0)")}v.
transform=function(l,d,h,y){var _=l.selection?l.selection():l;_.property("__zoom",Fe),l!==_?O(l,d,h,y):_.interrupt().
each(function(){$(this,arguments).event(y).start().zoom(null,typeof d=="function"?d.apply(this,arguments):d).end()})},
v.scaleBy=function(l,d,h,y){v.scaleTo(l,function(){var _=this.__zoom.k,w=typeof d=="function"?d.apply(this,arguments):
d;return _*w},h,y)},v.scaleTo=function(l,d,h,y){v.transform(l,function(){var _=n.apply(this,arguments),w=this.
__zoom,x=h==null?B(_):typeof h=="function"?h.apply(this,arguments):h,M=w.invert(x),A=typeof d=="function"?d.apply(
this,arguments):d;return e(S(T(w,A),x,M),_,u)},h,y)},v.translateBy=function(l,d,h,y){v.transform(l,function(){
return e(this.__zoom.translate(typeof d=="function"?d.apply(this,arguments):d,typeof h=="function"?h.apply(this,
arguments):h),n.apply(this,arguments),u)},null,y)},v.translateTo=function(l,d,h,y,_){v.transform(l,function(){
var w=n.apply(this,arguments),x=this.__zoom,M=y==null?B(w):typeof y=="function"?y.apply(this,arguments):y;return e(
Jt.translate(M[0],M[1]).scale(x.k).translate(typeof d=="function"?-d.apply(this,arguments):-d,typeof h=="funct\
ion"?-h.apply(this,arguments):-h),w,u)},y,_)};function T(l,d){return d=Math.max(o[0],Math.min(o[1],d)),d===l.k?
l:new J(d,l.x,l.y)}function S(l,d,h){var y=d[0]-h[0]*l.k,_=d[1]-h[1]*l.k;return y===l.x&&_===l.y?l:new J(l.k,y,
_)}function B(l){return[(+l[0][0]+ +l[1][0])/2,(+l[0][1]+ +l[1][1])/2]}function O(l,d,h,y){l.on("start.zoom",function(){
$(this,arguments).event(y).start()}).on("interrupt.zoom end.zoom",function(){$(this,arguments).event(y).end()}).
tween("zoom",function(){var _=this,w=arguments,x=$(_,w).event(y),M=n.apply(_,w),A=h==null?B(M):typeof h=="func\
tion"?h.apply(_,w):h,X=Math.max(M[1][0]-M[0][0],M[1][1]-M[0][1]),I=_.__zoom,R=typeof d=="function"?d.apply(_,w):
d,Y=s(I.invert(A).concat(X/I.k),R.invert(A).concat(X/R.k));return function(D){if(D===1)D=R;else{var G=Y(D),jt=X/
G[2];D=new J(jt,A[0]-G[0]*jt,A[1]-G[1]*jt)}x.zoom(null,D)}})}function $(l,d,h){return!h&&l.__zooming||new j(l,
d)}function j(l,d){this.that=l,this.args=d,this.active=0,this.sourceEvent=null,this.extent=n.apply(l,d),this.taps=
0}j.prototype={event:function(l){return l&&(this.sourceEvent=l),this},start:function(){return++this.active===1&&
(this.that.__zooming=this,this.emit("start")),this},zoom:function(l,d){return this.mouse&&l!=="mouse"&&(this.mouse[1]=
d.invert(this.mouse[0])),this.touch0&&l!=="touch"&&(this.touch0[1]=d.invert(this.touch0[0])),this.touch1&&l!==
"touch"&&(this.touch1[1]=d.invert(this.touch1[0])),this.that.__zoom=d,this.emit("zoom"),this},end:function(){return--this.
active===0&&(delete this.that.__zooming,this.emit("end")),this},emit:function(l){var d=H(this.that).datum();c.
call(l,this.that,new gu(l,{sourceEvent:this.sourceEvent,target:v,transform:this.that.__zoom,dispatch:c}),d)}};
function It(l,...d){if(!t.apply(this,arguments))return;var h=$(this,d).event(l),y=this.__zoom,_=Math.max(o[0],
Math.min(o[1],y.k*Math.pow(2,r.apply(this,arguments)))),w=U(l);if(h.wheel)(h.mouse[0][0]!==w[0]||h.mouse[0][1]!==
w[1])&&(h.mouse[1]=y.invert(h.mouse[0]=w)),clearTimeout(h.wheel);else{if(y.k===_)return;h.mouse=[w,y.invert(w)],
At(this),h.start()}Et(l),h.wheel=setTimeout(x,b),h.zoom("mouse",e(S(T(y,_),h.mouse[0],h.mouse[1]),h.extent,u));
function x(){h.wheel=null,h.end()}}function kt(l,...d){if(g||!t.apply(this,arguments))return;var h=l.currentTarget,
y=$(this,d,!0).event(l),_=H(l.view).on("mousemove.zoom",A,!0).on("mouseup.zoom",X,!0),w=U(l,h),x=l.clientX,M=l.
clientY;Gn(l.view),On(l),y.mouse=[w,this.__zoom.invert(w)],At(this),y.start();function A(I){if(Et(I),!y.moved){
var R=I.clientX-x,Y=I.clientY-M;y.moved=R*R+Y*Y>N}y.event(I).zoom("mouse",e(S(y.that.__zoom,y.mouse[0]=U(I,h),
y.mouse[1]),y.extent,u))}function X(I){_.on("mousemove.zoom mouseup.zoom",null),Un(I.view,y.moved),Et(I),y.event(
I).end()}}function Tt(l,...d){if(t.apply(this,arguments)){var h=this.__zoom,y=U(l.changedTouches?l.changedTouches[0]:
l,this),_=h.invert(y),w=h.k*(l.shiftKey?.5:2),x=e(S(T(h,w),y,_),n.apply(this,d),u);Et(l),a>0?H(this).transition().
duration(a).call(O,x,y,l):H(this).call(v.transform,x,y,l)}}function Le(l,...d){if(t.apply(this,arguments)){var h=l.
touches,y=h.length,_=$(this,d,l.changedTouches.length===y).event(l),w,x,M,A;for(On(l),x=0;x<y;++x)M=h[x],A=U(M,
this),A=[A,this.__zoom.invert(A),M.identifier],_.touch0?!_.touch1&&_.touch0[2]!==A[2]&&(_.touch1=A,_.taps=0):(_.
touch0=A,w=!0,_.taps=1+!!f);f&&(f=clearTimeout(f)),w&&(_.taps<2&&(p=A[0],f=setTimeout(function(){f=null},m)),At(
this),_.start())}}function Ve(l,...d){if(this.__zooming){var h=$(this,d).event(l),y=l.changedTouches,_=y.length,
w,x,M,A;for(Et(l),w=0;w<_;++w)x=y[w],M=U(x,this),h.touch0&&h.touch0[2]===x.identifier?h.touch0[0]=M:h.touch1&&
h.touch1[2]===x.identifier&&(h.touch1[0]=M);if(x=h.that.__zoom,h.touch1){var X=h.touch0[0],I=h.touch0[1],R=h.touch1[0],
Y=h.touch1[1],D=(D=R[0]-X[0])*D+(D=R[1]-X[1])*D,G=(G=Y[0]-I[0])*G+(G=Y[1]-I[1])*G;x=T(x,Math.sqrt(D/G)),M=[(X[0]+
R[0])/2,(X[1]+R[1])/2],A=[(I[0]+Y[0])/2,(I[1]+Y[1])/2]}else if(h.touch0)M=h.touch0[0],A=h.touch0[1];else return;
h.zoom("touch",e(S(x,M,A),h.extent,u))}}function Ye(l,...d){if(this.__zooming){var h=$(this,d).event(l),y=l.changedTouches,
_=y.length,w,x;for(On(l),g&&clearTimeout(g),g=setTimeout(function(){g=null},m),w=0;w<_;++w)x=y[w],h.touch0&&h.
touch0[2]===x.identifier?delete h.touch0:h.touch1&&h.touch1[2]===x.identifier&&delete h.touch1;if(h.touch1&&!h.
touch0&&(h.touch0=h.touch1,delete h.touch1),h.touch0)h.touch0[1]=this.__zoom.invert(h.touch0[0]);else if(h.end(),
h.taps===2&&(x=U(x,this),Math.hypot(p[0]-x[0],p[1]-x[1])<k)){var M=H(this).on("dblclick.zoom");M&&M.apply(this,
arguments)}}}return v.wheelDelta=function(l){return arguments.length?(r=typeof l=="function"?l:Wt(+l),v):r},v.
filter=function(l){return arguments.length?(t=typeof l=="function"?l:Wt(!!l),v):t},v.touchable=function(l){return arguments.
length?(i=typeof l=="function"?l:Wt(!!l),v):i},v.extent=function(l){return arguments.length?(n=typeof l=="func\
tion"?l:Wt([[+l[0][0],+l[0][1]],[+l[1][0],+l[1][1]]]),v):n},v.scaleExtent=function(l){return arguments.length?
(o[0]=+l[0],o[1]=+l[1],v):[o[0],o[1]]},v.translateExtent=function(l){return arguments.length?(u[0][0]=+l[0][0],
u[1][0]=+l[1][0],u[0][1]=+l[0][1],u[1][1]=+l[1][1],v):[[u[0][0],u[0][1]],[u[1][0],u[1][1]]]},v.constrain=function(l){
return arguments.length?(e=l,v):e},v.duration=function(l){return arguments.length?(a=+l,v):a},v.interpolate=function(l){
return arguments.length?(s=l,v):s},v.on=function(){var l=c.on.apply(c,arguments);return l===c?v:l},v.clickDistance=
function(l){return arguments.length?(N=(l=+l)*l,v):Math.sqrt(N)},v.tapDistance=function(l){return arguments.length?
(k=+l,v):k},v}export{H as select,xu as zoom,Jt as zoomIdentity};
